/* Stands on the card for two libraries that programs there are linked with and never need: twenty-one libraries stay away with them.
 *
 * libcurl, for RAUC: updates come by a host's upload and by stick, never from a server, so each question is answered as by a libcurl
 * that cannot begin. libidn2, for dnsmasq: the box's names are ASCII, as its configuration demands.
 *
 * These are all functions that are taken from them; the build fails over a new one, as it does over a missing library. The values are
 * those of the libraries' own headers: CURLE_OK 0, CURLE_FAILED_INIT 2, CURLM_INTERNAL_ERROR 4, IDN2_ENCODING_ERROR -200.
 */
#define NOTHING ((void *)0)

#ifdef CURL
/* RAUC asks for this at its start, whatever it does then. */
int curl_global_init(long flags) { return (void)flags, 0; }

void *curl_easy_init(void) { return NOTHING; }
void curl_easy_cleanup(void *easy) { (void)easy; }
int curl_easy_setopt(void *easy, int option, ...) { return (void)easy, (void)option, 2; }
int curl_easy_getinfo(void *easy, int info, ...) { return (void)easy, (void)info, 2; }
const char *curl_easy_strerror(int code) { return (void)code, "this box fetches nothing"; }

void *curl_multi_init(void) { return NOTHING; }
int curl_multi_cleanup(void *multi) { return (void)multi, 4; }
int curl_multi_add_handle(void *multi, void *easy) { return (void)multi, (void)easy, 4; }
int curl_multi_remove_handle(void *multi, void *easy) { return (void)multi, (void)easy, 4; }
int curl_multi_perform(void *multi, int *running) { return (void)multi, *running = 0, 4; }
int curl_multi_wait(void *multi, void *more, unsigned int count, int timeout_ms, int *ready) {
    return (void)multi, (void)more, (void)count, (void)timeout_ms, (void)ready, 4;
}
void *curl_multi_info_read(void *multi, int *left) { return (void)multi, *left = 0, NOTHING; }

void *curl_slist_append(void *list, const char *line) { return (void)list, (void)line, NOTHING; }
void curl_slist_free_all(void *list) { (void)list; }

/* No date that anybody could have sent. */
long curl_getdate(const char *text, const long *unused) { return (void)text, (void)unused, -1; }
#endif

#ifdef IDN
/* Asked only for names that are not ASCII. */
int idn2_to_ascii_lz(const char *name, char **ascii, int flags) { return (void)name, *ascii = NOTHING, (void)flags, -200; }
#endif
