//! Who gives way to whom at the door.

use std::time::Duration;

use super::*;

fn guest(n: u8) -> Entrant {
    Entrant::Guest(IpAddr::from([10, 0, 0, n]))
}

fn full(each: usize) -> (Door, Vec<Seated>) {
    let mut door = Door::new(Places { total: 4, kept: 0, each, guests: 1 });
    // It has stood open for a while, so that who has been silent since its beginning has been so for long.
    door.zero -= Duration::from_micros(2 * SILENT_US);
    let seated = (0..4).map(|n| door.enter(guest(n)).unwrap()).collect();
    (door, seated)
}

fn gone(seated: &[Seated]) -> Vec<usize> {
    let is_gone = |seated: &Seated| seated.seat.silent_since.load(Ordering::Relaxed) == GONE;
    seated.iter().enumerate().filter(|(_, seated)| is_gone(seated)).map(|(n, _)| n).collect()
}

/// Makes silent since these microseconds.
fn silent(seated: &[Seated], since: [u64; 4]) {
    seated.iter().zip(since).for_each(|(seated, since)| seated.seat.silent_since.store(since, Ordering::Relaxed));
}

#[test]
fn who_has_been_silent_longest_gives_way_and_nobody_who_is_served() {
    let (door, seated) = full(2);
    silent(&seated, [SERVED, 9, 7, 8]);
    let mut came = Vec::new();
    for (n, expected) in [(10, vec![2]), (11, vec![2, 3]), (12, vec![1, 2, 3])] {
        came.push(door.enter(guest(n)).unwrap());
        came.last().unwrap().seat().serve();
        assert_eq!((gone(&seated), door.total()), (expected, 4));
    }
    assert_eq!(door.enter(guest(13)).unwrap_err(), Full::Total(4), "all are served");
    drop(seated);
    assert_eq!(door.total(), 3, "who has given way gives nothing back twice");
    drop(came);
    assert_eq!((door.total(), lock(&door.inside).seats.len()), (0, 0));
}

#[test]
fn who_was_turned_out_pushes_nobody_out() {
    let (door, seated) = full(2);
    silent(&seated, [5, 6, 7, 8]);
    let _came = door.enter(guest(10)).unwrap();
    assert_eq!(gone(&seated), [0]);
    assert_eq!(door.enter(guest(0)).unwrap_err(), Full::Total(4), "it was turned out");
    let _other = door.enter(guest(11)).unwrap();
    assert_eq!(gone(&seated), [0, 1], "others may still");
    let mut inside = lock(&door.inside);
    let now = now_us(door.zero);
    assert!(inside.was_turned_out(seated[1].seat.address, now));
    assert!(!inside.was_turned_out(seated[1].seat.address, now + TURNED_OUT_US + 1), "but not for ever");
}

#[test]
fn a_phone_that_loses_an_idle_connection_was_not_turned_out() {
    let (door, mut seated) = full(9);
    seated.pop();
    seated.push(door.enter(guest(0)).unwrap());
    seated[3].seat().answered();
    silent(&seated, [5, 6, 7, 8]);
    let _came = door.enter(guest(10)).unwrap();
    assert_eq!(gone(&seated), [0]);
    assert!(door.enter(guest(0)).is_ok(), "something was answered over its other connection");
}

#[test]
fn strangers_give_way_before_guests() {
    let (door, seated) = full(2);
    silent(&seated, [5, 6, 7, 8]);
    seated[0].seat().know();
    let _came = door.enter(guest(10)).unwrap();
    assert_eq!(gone(&seated), [1]);
}

#[test]
fn where_nobody_is_silent_who_has_had_most_answers_gives_way_while_it_waits_for_more() {
    let (door, seated) = full(2);
    for (seated, answers) in seated.iter().zip([900, 5_000, 1_000, 0]) {
        seated.seat().answers.store(answers, Ordering::Relaxed);
        seated.seat().line_up();
    }
    seated[1].seat().serve();
    let mut came = Vec::new();
    for (n, expected) in [(10, vec![2]), (11, vec![0, 2])] {
        came.push(door.enter(guest(n)).unwrap());
        came.last().unwrap().seat().serve();
        assert_eq!(gone(&seated), expected);
    }
    assert_eq!(door.enter(guest(12)).unwrap_err(), Full::Total(4), "one is answered, one has had none");
    seated[1].seat().line_up();
    came[1].seat().wait();
    came.push(door.enter(guest(14)).unwrap());
    assert_eq!(gone(&seated), [0, 1, 2], "not who has just come and says nothing yet");
    assert!(lock(&door.inside).was_turned_out(seated[2].seat.address, now_us(door.zero)), "it comes back last");
    let came_back = door.enter(guest(2)).map(drop);
    assert_eq!(came_back, Err(Full::Total(4)), "and pushes nobody out");
    assert!(door.enter(guest(13)).is_ok());
}

#[test]
fn who_is_heard_of_has_been_silent_for_no_time() {
    let (door, seated) = full(2);
    silent(&seated, [5, 6, SERVED, 8]);
    seated[0].seat().hear();
    seated[2].seat().hear();
    let _came = door.enter(guest(10)).unwrap();
    assert_eq!(gone(&seated), [1], "the first was heard of, and the third is served still");
}

#[test]
fn the_silent_leave_others_their_share() {
    for is_silent in [true, false] {
        let door = Door::new(Places { total: 8, kept: 0, each: 2, guests: 1 });
        let seated: Vec<Seated> = (0..6).map(|n| door.enter(guest(n)).unwrap()).collect();
        if is_silent {
            seated.iter().for_each(|seated| seated.seat().wait());
        }
        let _first = door.enter(guest(10)).unwrap();
        let second = door.enter(guest(10)).map(drop);
        assert_eq!(second, if is_silent { Ok(()) } else { Err(Full::Address(1)) }, "a browser comes more than once");
    }
}

#[test]
fn a_seat_behind_two_doors_gives_way_at_both() {
    let outer = Door::new(Places { total: 9, kept: 0, each: 9, guests: 1 });
    let inner = Door::new(Places { total: 1, kept: 0, each: 9, guests: 1 });
    let mut first = outer.enter(guest(1)).unwrap();
    inner.admit(guest(1), &mut first).unwrap();
    first.seat().wait();
    let mut second = outer.enter(guest(2)).unwrap();
    inner.admit(guest(2), &mut second).unwrap();
    assert_eq!((outer.total(), inner.total()), (1, 1));
    assert_eq!(gone(&[first]), [0]);
}
