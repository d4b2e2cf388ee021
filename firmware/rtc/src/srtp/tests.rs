//! The RFCs' vectors, and what a listener's peer may try.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

const PROFILES: [Profile; 3] = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];

fn pair(profile: Profile) -> (Sealer, Opener) {
    let (key, salt) = match profile {
        Profile::AeadAes256Gcm => (32, 12),
        Profile::AeadAes128Gcm => (16, 12),
        Profile::Aes128CmSha1_80 => (16, 14),
    };
    let export: Vec<u8> = (0..2 * (key + salt)).map(|n| n as u8).collect();
    let (client, _) = MasterKeys::split(profile, &export).unwrap();
    (Sealer::new(&client), Opener::with_rtp(&client))
}

#[test]
fn key_derivation_matches_rfc_3711_appendix_b_3() {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let keys = MasterKeys::new(Profile::Aes128CmSha1_80, &key, &salt).unwrap();
    let derived = |label, len| {
        let mut out = vec![0; len];
        keys.derive(label, &mut out);
        out
    };
    assert_eq!(derived(0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived(2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(derived(1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

#[test]
fn the_counter_starts_as_in_rfc_3711_appendix_b_2() {
    let key = keys_for_counter();
    let salt: [u8; 14] = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap();
    let mut stream = [0; 48];
    key.less_safe_encrypt(&mut stream, Cipher::counter_iv(&salt, 0, 0)).unwrap();
    let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
    assert_eq!(stream.to_vec(), hex(expected));
}

fn keys_for_counter() -> EncryptingKey {
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    EncryptingKey::ctr(aws_lc_rs::cipher::UnboundCipherKey::new(&aws_lc_rs::cipher::AES_128, &key).unwrap()).unwrap()
}

/// The vectors of RFC 7714 name session keys, so the ciphers are built without the derivation.
fn gcm(key: &[u8]) -> Cipher {
    let algorithm = if key.len() == 16 { &aws_lc_rs::aead::AES_128_GCM } else { &aws_lc_rs::aead::AES_256_GCM };
    let key = LessSafeKey::new(aws_lc_rs::aead::UnboundKey::new(algorithm, key).unwrap());
    let salt = hex("517569642070726f2071756f").try_into().unwrap();
    Cipher::Gcm(Gcm { key, salt })
}

#[test]
fn rtp_is_sealed_as_in_rfc_7714_section_16() {
    let header: [u8; 12] = hex("8040f17b 8041f8d3 5501a0b2").try_into().unwrap();
    let payload = hex("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
    let cases = [
        (
            "000102030405060708090a0b0c0d0e0f",
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ];
    for (key, expected) in cases {
        let sealer = Sealer { rtp: gcm(&hex(key)), rtcp: gcm(&hex(key)), rtcp_index: 0 };
        let mut out = [0; 128];
        let len = sealer.rtp(&header, &payload, 0xf17b, &mut out).unwrap();
        assert_eq!(out[..12], header);
        assert_eq!(out[12..len], hex(expected));
    }
}

#[test]
fn rtcp_is_sealed_as_in_rfc_7714_section_17() {
    let plain =
        hex("81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let mut sealer = Sealer { rtp: gcm(&key), rtcp: gcm(&key), rtcp_index: 0x5d4 };
    let mut buffer = [0; 128];
    buffer[..plain.len()].copy_from_slice(&plain);
    let len = sealer.rtcp(&mut buffer, plain.len()).unwrap();
    let expected = "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b468 6303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4";
    assert_eq!(buffer[..len], hex(expected));
}

#[test]
fn every_profile_opens_what_it_sealed_and_nothing_else() {
    for profile in PROFILES {
        let (sealer, opener) = pair(profile);
        let header = [0x80, 111, 0xff, 0xff, 0, 0, 0, 1, 1, 2, 3, 4];
        let index = (7 << 16) | 0xffff;
        let mut out = [0; 256];
        let len = sealer.rtp(&header, b"sound", index, &mut out).unwrap();
        assert_eq!(opener.rtp(&mut { out }[..len], RTP_HEADER_BYTES, index), Some(&b"sound"[..]), "{profile:?}");
        assert_eq!(
            opener.rtp(&mut { out }[..len], RTP_HEADER_BYTES, index + (1 << 16)),
            None,
            "{profile:?}: other roll-over"
        );
        for at in 0..len {
            let mut forged = out;
            forged[at] ^= 1;
            assert_eq!(opener.rtp(&mut forged[..len], RTP_HEADER_BYTES, index), None, "{profile:?}: byte {at}");
        }
    }
}

#[test]
fn a_replayed_or_forged_or_cut_report_is_refused() {
    for profile in PROFILES {
        let (mut sealer, mut opener) = pair(profile);
        let mut sent = Vec::new();
        for n in 0..70_u8 {
            let mut buffer = [0; 64];
            buffer[..12].copy_from_slice(&[0x80, 201, 0, 2, 0, 0, 0, 1, n, 0, 0, 0]);
            let len = sealer.rtcp(&mut buffer, 12).unwrap();
            sent.push(buffer[..len].to_vec());
        }
        for len in 0..sent[0].len() {
            assert!(opener.rtcp(&mut sent[0].clone()[..len]).is_none(), "{profile:?}: cut at {len}");
        }
        for at in 0..sent[0].len() {
            let mut forged = sent[0].clone();
            forged[at] ^= 0x10;
            assert!(opener.rtcp(&mut forged).is_none(), "{profile:?}: byte {at}");
        }
        let mut open = |n: usize| opener.rtcp(&mut sent[n].clone()).map(|plain| plain[8]);
        assert_eq!(open(1), Some(1));
        assert_eq!(open(1), None, "again");
        assert_eq!(open(0), Some(0), "late, but new");
        assert_eq!(open(0), None);
        assert_eq!(open(69), Some(69));
        assert_eq!(open(2), None, "older than the window");
        assert_eq!(open(6), Some(6), "just within the window");
    }
}

#[test]
fn a_buffer_too_small_is_refused() {
    for profile in PROFILES {
        let (mut sealer, _) = pair(profile);
        assert_eq!(sealer.rtp(&[0; 12], &[0; 100], 1, &mut [0; 100]), None);
        assert_eq!(sealer.rtcp(&mut [0; 20], 12), None);
        assert_eq!(sealer.rtcp(&mut [0; 64], 4), None);
    }
}

#[test]
fn an_export_of_the_wrong_length_is_refused() {
    assert!(MasterKeys::split(Profile::AeadAes128Gcm, &[0; 60]).is_none());
}
