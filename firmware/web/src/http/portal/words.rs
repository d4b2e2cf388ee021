//! What the portal's pages say, in every language that the box's pages speak.
//!
//! Chosen by what the phone asks for, because sheets have no storage and no script to choose with.

use axum::http::{HeaderMap, header};

/// Languages of one request that are looked at; real phones name a few.
const ASKED_MAX: usize = 16;

/// The words of one language. `{stay}` and `{address}` stand for the link's words and the box's address.
#[derive(Debug)]
pub(super) struct Words {
    /// ISO 639-1.
    pub(super) language: &'static str,
    /// In which it is written, as HTML calls it.
    pub(super) direction: &'static str,
    /// What the page is about.
    pub(super) here: &'static str,
    /// The link that lets the phone stay.
    pub(super) stay: &'static str,
    /// To tap it.
    pub(super) tap: &'static str,
    /// To open a browser that plays.
    pub(super) open: &'static str,
    /// What to do when the phone prefers its own internet.
    pub(super) data: &'static str,
    /// What the second page is about.
    pub(super) stays: &'static str,
    /// That the sheet may be closed.
    pub(super) closes: &'static str,
    /// That this is not the page.
    pub(super) lost: &'static str,
    /// The link that leads to it.
    pub(super) home: &'static str,
}

/// Every language; the first is for whoever speaks none of them.
pub(super) const ALL: &[Words] = &[
    Words {
        language: "en",
        direction: "ltr",
        here: "You are at the party",
        stay: "Stay in this Wi‑Fi",
        tap: "Tap <a href=\"/portal/stay\">{stay}</a>. It has music and no internet. If your phone asks whether to stay connected, say yes.",
        open: "Open your browser and go to <strong><bdi>{address}</bdi></strong> – this window cannot play.",
        data: "If the page does not open there, switch mobile data off while you listen.",
        stays: "You stay at the party",
        closes: "This window closes by itself, or close it now. Then open your browser and go to <strong><bdi>{address}</bdi></strong>",
        lost: "This is not the page of the party",
        home: "Go to the party",
    },
    Words {
        language: "de",
        direction: "ltr",
        here: "Du bist auf der Party",
        stay: "In diesem WLAN bleiben",
        tap: "Tippe auf <a href=\"/portal/stay\">{stay}</a>. Es hat Musik und kein Internet. Fragt dein Handy, ob es verbunden bleiben soll, sag ja.",
        open: "Öffne deinen Browser und gehe zu <strong><bdi>{address}</bdi></strong> – dieses Fenster kann nichts abspielen.",
        data: "Öffnet sich die Seite dort nicht, schalte die mobilen Daten aus, solange du zuhörst.",
        stays: "Du bleibst auf der Party",
        closes: "Dieses Fenster schließt sich von selbst, oder schließe es jetzt. Öffne dann deinen Browser und gehe zu <strong><bdi>{address}</bdi></strong>",
        lost: "Das ist nicht die Seite der Party",
        home: "Zur Party",
    },
    Words {
        language: "es",
        direction: "ltr",
        here: "Estás en la fiesta",
        stay: "Seguir en esta wifi",
        tap: "Toca <a href=\"/portal/stay\">{stay}</a>. Tiene música y no tiene internet. Si el móvil pregunta si debe seguir conectado, di que sí.",
        open: "Abre el navegador y ve a <strong><bdi>{address}</bdi></strong> – esta ventana no puede reproducir.",
        data: "Si la página no se abre ahí, desactiva los datos móviles mientras escuchas.",
        stays: "Sigues en la fiesta",
        closes: "Esta ventana se cierra sola, o ciérrala ahora. Después abre el navegador y ve a <strong><bdi>{address}</bdi></strong>",
        lost: "Esta no es la página de la fiesta",
        home: "Ir a la fiesta",
    },
    Words {
        language: "fr",
        direction: "ltr",
        here: "Vous êtes à la fête",
        stay: "Rester sur ce Wi‑Fi",
        tap: "Touchez <a href=\"/portal/stay\">{stay}</a>. Il a de la musique et pas d’internet. Si votre téléphone demande s’il doit rester connecté, dites oui.",
        open: "Ouvrez votre navigateur et allez sur <strong><bdi>{address}</bdi></strong> – cette fenêtre ne peut rien jouer.",
        data: "Si la page ne s’y ouvre pas, coupez les données mobiles pendant que vous écoutez.",
        stays: "Vous restez à la fête",
        closes: "Cette fenêtre se ferme toute seule, ou fermez-la maintenant. Ouvrez ensuite votre navigateur et allez sur <strong><bdi>{address}</bdi></strong>",
        lost: "Ce n’est pas la page de la fête",
        home: "Aller à la fête",
    },
    Words {
        language: "pt",
        direction: "ltr",
        here: "Estás na festa",
        stay: "Ficar neste Wi‑Fi",
        tap: "Toca em <a href=\"/portal/stay\">{stay}</a>. Tem música e não tem internet. Se o telemóvel perguntar se deve continuar ligado, diz que sim.",
        open: "Abre o navegador e vai a <strong><bdi>{address}</bdi></strong> – esta janela não consegue tocar.",
        data: "Se a página não abrir aí, desliga os dados móveis enquanto ouves.",
        stays: "Continuas na festa",
        closes: "Esta janela fecha-se sozinha, ou fecha-a agora. Depois abre o navegador e vai a <strong><bdi>{address}</bdi></strong>",
        lost: "Esta não é a página da festa",
        home: "Ir para a festa",
    },
    Words {
        language: "it",
        direction: "ltr",
        here: "Sei alla festa",
        stay: "Resta in questo Wi‑Fi",
        tap: "Tocca <a href=\"/portal/stay\">{stay}</a>. Ha la musica e non ha internet. Se il telefono chiede se restare connesso, rispondi di sì.",
        open: "Apri il browser e vai su <strong><bdi>{address}</bdi></strong> – questa finestra non può riprodurre nulla.",
        data: "Se lì la pagina non si apre, disattiva i dati mobili mentre ascolti.",
        stays: "Resti alla festa",
        closes: "Questa finestra si chiude da sola, oppure chiudila ora. Poi apri il browser e vai su <strong><bdi>{address}</bdi></strong>",
        lost: "Questa non è la pagina della festa",
        home: "Vai alla festa",
    },
    Words {
        language: "pl",
        direction: "ltr",
        here: "Jesteś na imprezie",
        stay: "Zostań w tym Wi‑Fi",
        tap: "Stuknij <a href=\"/portal/stay\">{stay}</a>. Jest tu muzyka, a internetu nie ma. Jeśli telefon zapyta, czy zachować połączenie, odpowiedz tak.",
        open: "Otwórz przeglądarkę i wejdź na <strong><bdi>{address}</bdi></strong> – to okno nie umie grać.",
        data: "Jeśli strona się tam nie otwiera, wyłącz na czas słuchania internet komórkowy.",
        stays: "Zostajesz na imprezie",
        closes: "To okno zamknie się samo, możesz też zamknąć je teraz. Potem otwórz przeglądarkę i wejdź na <strong><bdi>{address}</bdi></strong>",
        lost: "To nie jest strona imprezy",
        home: "Do strony imprezy",
    },
    Words {
        language: "ja",
        direction: "ltr",
        here: "パーティー会場です",
        stay: "このWi‑Fiを使う",
        tap: "<a href=\"/portal/stay\">{stay}</a>をタップしてください。ここには音楽があり、インターネットはありません。接続を続けるか聞かれたら「はい」を選んでください。",
        open: "ブラウザで<strong><bdi>{address}</bdi></strong>を開いてください。この画面では再生できません。",
        data: "ページが開かないときは、聴いている間だけモバイル通信をオフにしてください。",
        stays: "つながりました",
        closes: "この画面は自動で閉じます。今閉じてもかまいません。そのあとブラウザで<strong><bdi>{address}</bdi></strong>を開いてください。",
        lost: "ここはパーティーのページではありません",
        home: "パーティーへ",
    },
    Words {
        language: "ar",
        direction: "rtl",
        here: "أنت في الحفلة",
        stay: "البقاء في شبكة Wi‑Fi هذه",
        tap: "اضغط <a href=\"/portal/stay\">{stay}</a>. فيها موسيقى وليس فيها إنترنت. إذا سألك هاتفك هل يبقى متصلًا، فأجب بنعم.",
        open: "افتح المتصفح واذهب إلى <strong><bdi>{address}</bdi></strong> – هذه النافذة لا تستطيع التشغيل.",
        data: "إذا لم تُفتح الصفحة هناك، فأوقف بيانات الهاتف ما دمت تستمع.",
        stays: "أنت باقٍ في الحفلة",
        closes: "تُغلق هذه النافذة من تلقاء نفسها، أو أغلقها الآن. ثم افتح المتصفح واذهب إلى <strong><bdi>{address}</bdi></strong>",
        lost: "هذه ليست صفحة الحفلة",
        home: "الذهاب إلى الحفلة",
    },
];

/// The words of the language that is asked for most (`Accept-Language`, RFC 9110 section 12.5.4), and of languages asked for
/// alike, the first.
pub(super) fn preferred(headers: &HeaderMap) -> &'static Words {
    let values = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let asked = values.flat_map(|list| list.split(',')).take(ASKED_MAX).filter_map(|asked| {
        let mut parts = asked.split(';').map(str::trim);
        let code = parts.next()?.split('-').next()?;
        let words = ALL.iter().find(|words| words.language.eq_ignore_ascii_case(code))?;
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
        (weight > 0.0).then_some((words, weight))
    });
    let best = asked.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(&ALL[0], |(words, _)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(list: &'static str) -> &'static str {
        preferred(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, header::HeaderValue::from_static(list))])).language
    }

    #[test]
    fn the_language_that_is_asked_for_most_is_spoken() {
        for (list, language) in [
            ("de-DE,de;q=0.9,en;q=0.8", "de"),
            ("ko, fr;q=0.4, AR-eg;q=0.7", "ar"),
            ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
            ("uk, pl;q=0.8, en;q=0.5", "pl"),
            ("es;q=0, it", "it"),
            ("en;q=much, pt;q=0.1", "pt"),
            ("ko", "en"),
            ("*", "en"),
            ("", "en"),
        ] {
            assert_eq!(asked(list), language, "{list}");
        }
        assert_eq!(preferred(&HeaderMap::new()).language, "en");
    }

    #[test]
    fn every_language_of_the_pages_is_spoken_here_and_no_word_is_missing() {
        let file = |language: &str| format!("lang/{language}/shared.js");
        let here: Vec<String> = ALL.iter().map(|words| file(words.language)).collect();
        let pages = webui::all().iter().map(|asset| asset.name).filter(|name| name.ends_with("/shared.js"));
        let pages: Vec<&str> = pages.filter(|name| name.starts_with("lang/")).collect();
        assert!(pages.iter().all(|name| here.iter().any(|here| here == name)), "{pages:?} {here:?}");
        assert_eq!(pages.len(), ALL.len(), "{pages:?}");
        for words in ALL {
            let Words { here, stay, tap, open, data, stays, closes, .. } = words;
            assert!([here, stay, data, stays].iter().all(|text| !text.is_empty() && !text.contains('{')), "{words:?}");
            assert!(tap.contains("{stay}") && tap.contains("/portal/stay"), "{words:?}");
            assert!(open.contains("{address}") && closes.contains("{address}"), "{words:?}");
            assert_eq!(words.direction == "rtl", words.language == "ar");
        }
    }
}
