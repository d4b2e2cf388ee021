//! Tests of what people type and what they find first.

use super::{Shelf, tags, titles};

fn shelf() -> Shelf {
    Shelf::of([
        tags("Don't Stop Me Now", "Queen", "Jazz"),
        tags("Don’t Look Back", "Oasis", ""),
        tags("Thunderstruck", "AC/DC", ""),
        tags("The One I Love", "R.E.M.", ""),
        tags("Outta Compton", "N.W.A", ""),
        tags("So What", "P!nk", ""),
        tags("99 Problems", "JAY-Z", ""),
        tags("All the Small Things", "blink-182", ""),
        tags("Enter Sandman", "Metallica", ""),
        tags("Pump It", "The Black Eyed Peas", ""),
        tags("The Boxer", "Simon & Garfunkel", ""),
        tags("Für Elise", "Ludwig", ""),
        tags("Fuer immer", "Doro", ""),
        tags("Me and Giuliani", "!!!", ""),
        tags("Shape of You", "Ed", "÷ (Deluxe)"),
        super::Tags { genre: "Drum & Bass; Trip-Hop".into(), ..tags("Teardrop", "Massive", "") },
        tags("丸の内サディスティック", "椎名林檎", ""),
        tags("שָׁלוֹם עֲלֵיכֶם", "", ""),
    ])
}

#[test]
fn what_people_type_is_found_without_its_signs_and_with_a_slip() {
    let shelf = shelf();
    for (typed, found) in [
        ("dont stop", "Don't Stop Me Now"),
        ("don't stop", "Don't Stop Me Now"),
        ("dont look back", "Don’t Look Back"),
        ("acdc", "Thunderstruck"),
        ("ac dc", "Thunderstruck"),
        ("ac/dc", "Thunderstruck"),
        ("rem", "The One I Love"),
        ("nwa", "Outta Compton"),
        ("pink", "So What"),
        ("jayz", "99 Problems"),
        ("blink182", "All the Small Things"),
        // A slip in the beginning, the middle and the end; letters in the other order; words together and apart.
        ("netallica", "Enter Sandman"),
        ("metalica", "Enter Sandman"),
        ("metallicq", "Enter Sandman"),
        ("metlalica", "Enter Sandman"),
        ("sandman metalica", "Enter Sandman"),
        ("thundrst", "Thunderstruck"),
        ("blackeyed peas", "Pump It"),
        ("thunder struck", "Thunderstruck"),
        // The word that is meant has five letters.
        ("quen", "Don't Stop Me Now"),
        ("qeen", "Don't Stop Me Now"),
        ("simon and garfunkel", "The Boxer"),
        ("simon und garfunkle", "The Boxer"),
        ("simon & garfunkel", "The Boxer"),
        ("fuer elise", "Für Elise"),
        ("für immer", "Fuer immer"),
        ("trip hop", "Teardrop"),
        ("drum and bass", "Teardrop"),
        ("!!!", "Me and Giuliani"),
        ("÷", "Shape of You"),
        ("内サデ", "丸の内サディスティック"),
        ("林檎", "丸の内サディスティック"),
        ("שלום", "שָׁלוֹם עֲלֵיכֶם"),
    ] {
        assert_eq!(shelf.search(typed), [found], "{typed}");
    }
    // Two slips, a slip in a short word, and letters that are none of a word.
    for typed in ["metalika", "quex", "jax", "edd", "uen", "?", "sandmanx metalika", "xyzzy"] {
        assert_eq!(shelf.search(typed), [""; 0], "{typed}");
    }
}

#[test]
fn whole_titles_and_words_come_before_parts_and_titles_before_artists_and_albums() {
    let shelf = Shelf::of([
        tags("x", "y", "Love"),
        tags("x", "Love", "y"),
        tags("Lovely", "a", "b"),
        tags("All My Lovers", "a", "b"),
        tags("Big Love", "a", "b"),
        tags("Love Me Do", "a", "b"),
        tags("Love", "a", "b"),
        tags("z", "Lovers", "y"),
    ]);
    let found = shelf.reader.search("love", None, 10).unwrap();
    let order: Vec<String> = found
        .into_iter()
        .map(|track| format!("{}|{}|{}", track.tags.title, track.tags.artist, track.tags.album))
        .collect();
    assert_eq!(
        order,
        [
            "Love|a|b",
            "Love Me Do|a|b",
            "Lovely|a|b",
            "Big Love|a|b",
            "All My Lovers|a|b",
            "x|Love|y",
            "z|Lovers|y",
            "x|y|Love"
        ]
    );
}

#[test]
fn what_was_played_comes_before_what_never_was_where_both_are_found_alike() {
    let mut shelf = Shelf::of((0..5).map(|n| tags(&format!("Song {n}"), "a", "b")));
    let ids = shelf.reader.ids().unwrap();
    for (id, times) in [(ids[3], 2), (ids[1], 5)] {
        for _ in 0..times {
            shelf.reader.played(id);
            super::write::played(&shelf.connection, id.0.cast_signed()).unwrap();
        }
    }
    let order = ["Song 1", "Song 3", "Song 0", "Song 2", "Song 4"];
    assert_eq!(shelf.search("song"), order);
    // Also after a restart, and on every page.
    shelf.reader = super::Reader::new(shelf._folder.path().join("library.db"));
    shelf.reader.recall_plays().unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    while let page @ [.., last] = &shelf.reader.search("song", after, 2).unwrap()[..] {
        after = Some(last.id);
        found.extend(titles(page.to_vec()));
    }
    assert_eq!(found, order);
}

#[test]
fn many_equal_files_are_told_apart_as_fast_as_different_ones() {
    use super::{Alike, Fact, shelf_fact, write};
    let mut shelf = Shelf::new();
    let mut alike = Alike::default();
    let asked = std::cell::Cell::new(0_usize);
    for batch in 0..20 {
        let name = |n: usize| format!("{:05}.mp3", batch * 50 + n);
        let facts: Vec<Fact> = (0..50).map(|n| shelf_fact(&name(n), 1, tags("Same", "", ""))).collect();
        let exists = |_: &[u8]| {
            asked.set(asked.get() + 1);
            true
        };
        write::apply(&mut shelf.connection, shelf.root, &facts, &mut alike, exists).unwrap();
    }
    assert_eq!(shelf.reader.ids().unwrap().len(), 1_000);
    assert!(asked.get() <= 1_000, "each is looked for once, not {} times", asked.get());
}
