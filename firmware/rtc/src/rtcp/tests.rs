//! Reports both ways, and what may be wrong with them.

use super::*;
use rtcp_types::ReceiverReport;

const OURS: u32 = 0xabcd;

fn receiver_report() -> Vec<u8> {
    let block = ReportBlock::builder(OURS)
        .fraction_lost(64)
        .cumulative_lost(3)
        .interarrival_jitter(48)
        .last_sender_report_timestamp(0x0001_0000)
        .delay_since_last_sender_report_timestamp(0x8000);
    let other = ReportBlock::builder(1).fraction_lost(255);
    let report = ReceiverReport::builder(9).add_report_block(other).add_report_block(block);
    let mut bytes = vec![0; 256];
    let len = report.write_into(&mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

fn nack(ssrc: u32, sequences: &[u16]) -> Vec<u8> {
    let fci = sequences.iter().fold(Nack::builder(), |nack, &sequence| nack.add_rtp_sequence(sequence));
    let mut bytes = vec![0; 1_024];
    let len = TransportFeedback::builder(&fci).sender_ssrc(9).media_ssrc(ssrc).write_into(&mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

#[test]
fn a_receiver_report_about_our_stream_is_read_and_gives_the_round_trip() {
    let reception = read(&receiver_report(), OURS).reception.unwrap();
    assert_eq!((reception.fraction_lost, reception.lost_total, reception.jitter_ticks), (64, 3, 48));
    // The report left at 1 s, was held 0.5 s, and comes back at 1.75 s.
    assert_eq!(reception.round_trip_us(0x0001_C000 << 16), Some(250_000));
    assert_eq!(reception.round_trip_us(0x0000_0001 << 16), None, "from the future");
}

#[test]
fn a_reduced_size_nack_is_read_and_one_for_others_is_not() {
    assert_eq!(read(&nack(OURS, &[5, 6, 40]), OURS).nacks(), [5, 6, 40]);
    assert!(read(&nack(1, &[5]), OURS).nacks().is_empty());
}

#[test]
fn a_storm_of_nacks_is_cut() {
    let sequences: Vec<u16> = (0..600).step_by(2).collect();
    assert_eq!(read(&nack(OURS, &sequences), OURS).nacks().len(), NACKS_PER_DATAGRAM_MAX);
}

#[test]
fn our_report_is_a_compound_that_ends_in_bye_when_asked() {
    let reports = Reports::new(OURS, "box");
    let report = reports.at(0x0102_0304_0506_0708, 2);
    let mut out = [0xff; 256];
    let len = report.write(3, 4, false, &mut out).unwrap();
    let kinds: Vec<_> = Compound::parse(&out[..len]).unwrap().map(Result::unwrap).collect();
    let [Packet::Sr(sender), Packet::Sdes(_)] = &kinds[..] else { panic!("{kinds:?}") };
    assert_eq!((sender.ssrc(), sender.ntp_timestamp()), (OURS, 0x0102_0304_0506_0708));
    assert_eq!((sender.rtp_timestamp(), sender.packet_count(), sender.octet_count()), (2, 3, 4));
    let len = report.write(3, 4, true, &mut out).unwrap();
    assert!(read(&out[..len], OURS).bye);
    assert_eq!(report.write(3, 4, true, &mut out[..len - 1]), None);
}

#[test]
fn nothing_a_listener_sends_panics() {
    let mut good = receiver_report();
    good.extend(nack(OURS, &[1, 2, 3]));
    for len in 0..good.len() {
        read(&good[..len], OURS);
    }
    for at in 0..good.len() {
        for value in [0, 1, 0x1f, 0x3f, 0x7f, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            read(&bad, OURS);
        }
    }
}
