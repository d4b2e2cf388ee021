//! The box as its own network, on radios without air (`mac80211_hwsim`): phones in namespaces of their own join by the
//! code on the box's display, ask what their systems ask, and listen.
//!
//! The first phone also carries this machine's requests: what goes to the forwarded port travels over its radio.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use appliance::credentials::Credentials;
use audio::clock::Clock;
use audio::decode::Ear;
use board::Screen;
use partybox::face::Facts;
use tests::hear;
use tests::machine::{Forwarded, Machine};
use tests::phone::{Phone, Wishes};

use crate::sound::heard;

/// The box's network and page, as the rest of these tests expect them. Two phones may join.
const CONFIG: &str = "
listen = \"0.0.0.0:80\"
host_from = [\"10.77.0.0/22\"]
[wifi]
own = true
country = \"DE\"
guests_max = 2
[state]
folder = \"/data\"
";

/// What dnsmasq wants to know of users, and what udhcpc calls.
const PREPARED: &str = "
modprobe -a ccm cmac gcm nf_tables nft_ct nft_fib_inet nft_reject_inet nft_masq nft_nat nft_chain_nat
modprobe mac80211_hwsim radios=4
mkdir -p /etc /data /run/partybox /run/partybox-radio /run/partybox-hostapd /run/partybox-dnsmasq
echo 'root:x:0:0::/:/usr/bin/sh' > /etc/passwd
echo 'root:x:0:' > /etc/group
";
const LEASE: &str = "#!/usr/bin/sh
test \"$1\" = bound || exit 0
ip address add $ip/$mask dev $interface
ip route add default via $router
echo \"$ip $router $dns $lease\" > /tmp/lease-$interface
";

/// Longest wait for the WebRTC listener, however busy this machine is.
const PATIENCE: Duration = Duration::from_secs(240);

/// Packets of 20 ms that the WebRTC listener waits for.
const PACKETS: usize = 100;

/// What a phone is told when all places are taken (IEEE 802.11 section 9.4.1.9, status code 17).
const NO_MORE_PLACES: u32 = 17;

/// How a phone joins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Wpa2,
    Wpa3,
}

#[test]
fn phones_join_by_the_code_and_find_what_they_look_for() {
    let Some(mut machine) = Machine::boot_with("access_point", Forwarded::Datagrams) else { return };
    let code = start(&mut machine);
    let Some((ssid, passphrase)) = read(&code) else { panic!("no phone reads this: {code}") };
    let first = join(&mut machine, 1, &ssid, &passphrase, Way::Wpa2);
    let second = join(&mut machine, 2, &ssid, &passphrase, Way::Wpa3);

    for (host, path, answer) in [
        ("captive.apple.com", "/hotspot-detect.html", "<BODY>Success</BODY>"),
        ("connectivitycheck.gstatic.com", "/generate_204", "HTTP/1.1 204 No Content"),
        ("www.google.com", "/gen_204", "HTTP/1.1 204 No Content"),
        ("www.msftconnecttest.com", "/connecttest.txt", "Microsoft Connect Test"),
        ("detectportal.firefox.com", "/success.txt", "success"),
        ("nmcheck.gnome.org", "/check_network_status.txt", "NetworkManager is online"),
        ("party.internal", "/", "id=\"play\""),
    ] {
        let said = second.fetch(&mut machine, host, path);
        assert!(said.contains(answer), "{host}{path}: {said}");
    }
    let unknown = second.run(&mut machine, "nslookup -type=a example.com 10.77.0.1");
    assert!(unknown.contains("NXDOMAIN"), "{unknown}");
    for address in ["10.77.0.1", "192.0.2.1", "93.184.216.34"] {
        let said = second.run(&mut machine, &format!("nc -w 20 {address} 443"));
        assert!(said.contains("refused"), "port 443 of {address}: {said}");
    }

    let (one, two) = (first.address(&mut machine), second.address(&mut machine));
    assert!(second.run(&mut machine, "ping -c 1 -W 5 10.77.0.1").contains("1 packets received"), "the box is reached");
    let isolated = second.run(&mut machine, &format!("ping -c 2 -W 2 {one}"));
    assert!(isolated.contains(" 0 packets received"), "from {two} to {one}: {isolated}");

    carry(&mut machine, &first);
    let mp3 = heard(&machine, 5);
    println!("MP3 over the air: {:.1} dBFS", hear::level_db(&mp3));
    assert!(hear::level_db(&mp3) > -40.0 && hear::gaps(&mp3, 0.0, 4_800).is_empty(), "a gap, or silence");
    let peak = listen(&machine);
    println!("WebRTC over the air: peak {peak:.3}");
    assert!(peak > 0.01, "silence");

    // Not left waiting: told why.
    let third = enter(&mut machine, 3, &ssid, &passphrase, Way::Wpa2);
    machine.until_runs(&format!("grep -q status_code={NO_MORE_PLACES} /tmp/wlan3.log"));
    let link = third.run(&mut machine, "iw dev wlan3 link");
    assert!(link.contains("Not connected"), "there is no third place: {link}");
    let about = machine.get("/api/box").expect("the box answers");
    for part in ["\"guests\":2", "\"guests_max\":2", "\"nearly_full\":true", "\"full\":true", "simulated radio"] {
        assert!(about.contains(part), "{part} in {about}");
    }
}

/// Starts the box and everything that makes it an access point, as its units do. Returns what the code on its display says.
fn start(machine: &mut Machine) -> String {
    machine.run(PREPARED);
    machine.write("/etc/partybox.toml", CONFIG.as_bytes());
    machine.write("/tmp/lease.sh", LEASE.as_bytes());
    machine.run("chmod 755 /tmp/lease.sh");
    machine.start("partybox --config /etc/partybox.toml 2>&1 | cat");
    machine.until_runs("wget -q -O - http://127.0.0.1/health && test -s /data/wifi");
    let chosen = machine.run("partybox access-point --config /etc/partybox.toml --out /run/partybox-radio");
    assert!(chosen.contains("wlan0 is to be an access point on channel 44, for 2 guests"), "{chosen}");
    machine.run("nft --file /run/partybox-radio/nftables.conf");
    machine.run(". /run/partybox-radio/environment; ip address add $ADDRESS dev $INTERFACE; ip address add $PORTAL dev $INTERFACE");
    machine.start("exec hostapd /run/partybox-radio/hostapd.conf");
    machine.start(
        "exec dnsmasq --keep-in-foreground --user=root --group=root --pid-file --log-facility=- --conf-file=/run/partybox-radio/dnsmasq.conf",
    );
    machine.until_runs("iw dev wlan0 info | grep -q 'channel 44'");
    let kept = machine.run("cat /data/wifi");
    let text = kept.split_once('\n').expect("a head").1;
    let network = Credentials::parse(text.trim_start());
    assert!(network.is_some(), "{kept}");
    let show = Facts { network, ..Facts::default() }.show();
    let [Screen::Code { text, .. }, ..] = &show.screens[..] else { panic!("{show:?}") };
    text.clone()
}

/// What a phone's camera makes of a code: `WIFI:T:WPA;S:name;P:passphrase;;`, where a backslash takes away a meaning.
fn read(code: &str) -> Option<(String, String)> {
    let (mut fields, mut field, mut letters) = (Vec::new(), String::new(), code.strip_prefix("WIFI:")?.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => field.push(letters.next()?),
            ';' => fields.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    let of = |key: &str| fields.iter().find_map(|field| field.strip_prefix(key)).map(str::to_owned);
    (of("T:")? == "WPA").then_some(())?;
    Some((of("S:")?, of("P:")?))
}

/// A phone: a namespace with one radio.
struct Station {
    process: u32,
    interface: String,
}

/// Lets a phone join and get an address.
fn join(machine: &mut Machine, number: u32, ssid: &str, passphrase: &str, way: Way) -> Station {
    let phone = enter(machine, number, ssid, passphrase, way);
    let Station { process, interface } = &phone;
    machine.until_runs(&format!("nsenter -t {process} -n iw dev {interface} link | grep -q Connected"));
    machine.until_runs(&format!("nsenter -t {process} -n udhcpc -i {interface} -n -q -t 5 -s /tmp/lease.sh"));
    let lease = machine.run(&format!("cat /tmp/lease-{interface}"));
    let [_, router, dns, _] = lease.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{lease}") };
    assert_eq!((router, dns), ("10.77.0.1", "10.77.0.1"), "a router and a name server, even without internet");
    phone
}

/// A phone that tries to join.
fn enter(machine: &mut Machine, number: u32, ssid: &str, passphrase: &str, way: Way) -> Station {
    let process = machine.start("exec unshare -n sleep 1000000");
    let interface = format!("wlan{number}");
    // The process must have its namespace before something is moved there.
    machine.until_runs(&format!("test $(readlink /proc/{process}/ns/net) != $(readlink /proc/self/ns/net)"));
    machine.run(&format!("iw phy $(cat /sys/class/net/{interface}/phy80211/name) set netns {process}"));
    let phone = Station { process, interface };
    let name: String = ssid.bytes().map(|byte| format!("{byte:02x}")).collect();
    let secret = match way {
        Way::Wpa2 => format!("psk=\"{passphrase}\"\nkey_mgmt=WPA-PSK\nieee80211w=0"),
        Way::Wpa3 => format!("sae_password=\"{passphrase}\"\nkey_mgmt=SAE\nieee80211w=2"),
    };
    let interface = &phone.interface;
    let config = format!("sae_pwe=2\nnetwork={{\nssid={name}\n{secret}\nscan_freq=5220\n}}\n");
    machine.write(&format!("/tmp/{interface}.conf"), config.as_bytes());
    phone.run(machine, "ip link set lo up");
    let supplicant =
        format!("wpa_supplicant -f /tmp/{interface}.log -D nl80211 -i {interface} -c /tmp/{interface}.conf");
    machine.start(&format!("exec nsenter -t {process} -n {supplicant}"));
    phone
}

impl Station {
    /// Runs a command on the phone and returns what it said, whether or not it succeeded.
    fn run(&self, machine: &mut Machine, command: &str) -> String {
        machine.ask(&format!("nsenter -t {} -n {command}", self.process)).text
    }

    fn address(&self, machine: &mut Machine) -> String {
        let lease = machine.run(&format!("cat /tmp/lease-{}", self.interface));
        lease.split_whitespace().next().expect("an address").to_owned()
    }

    /// Looks a name up at the box and asks whatever address it is told.
    fn fetch(&self, machine: &mut Machine, host: &str, path: &str) -> String {
        let said = self.run(machine, &format!("nslookup -type=a {host} 10.77.0.1"));
        let mut addresses = said.lines().filter_map(|line| line.strip_prefix("Address: "));
        let address = addresses.next_back().unwrap_or_else(|| panic!("{host}: {said}")).trim().to_owned();
        self.run(machine, &format!("wget -S -O - --header 'Host: {host}' http://{address}{path}"))
    }
}

/// Lets a phone carry what comes to the forwarded port over its radio to the box.
fn carry(machine: &mut Machine, phone: &Station) {
    let (process, interface, port) = (phone.process, &phone.interface, machine.address().port());
    machine.run(&format!("ip link set eth0 netns {process}"));
    let rules = format!(
        "table ip air {{
            chain in {{
                type nat hook prerouting priority dstnat
                iifname eth0 tcp dport {port} dnat to 10.77.0.1:80
                iifname eth0 udp dport {port} dnat to 10.77.0.1:80
            }}
            chain out {{
                type nat hook postrouting priority srcnat
                oifname {interface} masquerade
            }}
        }}\n"
    );
    machine.write("/tmp/air.nft", rules.as_bytes());
    machine.write(
        "/tmp/carry.sh",
        b"ip address add 10.0.2.15/24 dev eth0; ip link set eth0 up; echo 1 > /proc/sys/net/ipv4/ip_forward; nft --file /tmp/air.nft",
    );
    machine.run(&format!("nsenter -t {process} -n sh /tmp/carry.sh"));
}

/// Joins by WebRTC through the forwarded port, listens to [`PACKETS`], and returns the largest sample.
fn listen(machine: &Machine) -> f32 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(10))).expect("a limit");
    let clock = Clock::start();
    let here = socket.local_addr().expect("an address");
    let (mut phone, offer) = Phone::offering(clock.now(), here, Wishes::default()).expect("an offer");
    let url = format!("http://{}/whep/main", machine.address());
    let request = ureq::post(url).header("Content-Type", "application/sdp").header("Host", "party.internal");
    let answer = request.send(&offer).expect("the box answers").body_mut().read_to_string().expect("an answer");
    phone.accept(clock.now(), &answer).expect("the phone takes the answer");
    let begun = Instant::now();
    let mut buffer = [0; 2_048];
    let mut there = None;
    while phone.heard.len() < PACKETS {
        assert!(begun.elapsed() < PATIENCE, "only {} packets came", phone.heard.len());
        while let Some((to, datagram)) = phone.outgoing() {
            there = Some(to);
            // Where the box says that it is, it is not for us: the forwarded port stands for it.
            let _ = socket.send_to(&datagram, machine.address());
        }
        if let (Ok((length, _)), Some(from)) = (socket.recv_from(&mut buffer), there) {
            phone.receive(clock.now(), from, &buffer[..length]).expect("the phone goes on");
        }
        phone.tick(clock.now()).expect("the phone goes on");
    }
    let mut ear = Ear::new().expect("a decoder");
    phone.heard.iter().filter_map(|heard| ear.hear(&heard.payload)).map(|level| level.peak).fold(0.0, f32::max)
}
