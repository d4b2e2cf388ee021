//! The three pieces: chords, melodies and who plays when.

use audio::pcm::Frame;

use super::synth::{At, Loop, noise};

/// One bar's harmony as MIDI notes.
struct Chord {
    bass: i32,
    tones: [i32; 4],
}

/// A note of a melody: beat within the phrase, MIDI note, length in beats.
type Note = (f32, i32, f32);

/// How the drums play.
#[derive(Clone, Copy, PartialEq)]
enum Beat {
    /// Kick on one and before three, brushes on two and four.
    Brushes,
    /// Broken, with a shuffling shaker.
    Broken,
    /// Four kicks to the bar, open hats between.
    Straight,
}

/// A piece of music.
pub(crate) struct Piece {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    bpm: f32,
    bars: usize,
    chords: &'static [Chord],
    /// Eight bars, played in every other eight.
    melody: &'static [Note],
    /// Positions in the chord (4 and up: an octave higher) for every eighth of a bar.
    figure: [usize; 8],
    beat: Beat,
    /// Delay of every second eighth, in eighths.
    swing: f32,
    brightness: f32,
    /// Chosen so that the file measures −16 LUFS (ITU-R BS.1770).
    gain_db: f32,
}

const fn chord(bass: i32, tones: [i32; 4]) -> Chord {
    Chord { bass, tones }
}

pub(crate) const PIECES: [Piece; 3] = [
    Piece {
        file: "porch-light.opus",
        title: "Porch Light",
        bpm: 84.0,
        bars: 16,
        // D major: Dmaj9, Bm9, Gmaj9, A9sus.
        chords: &[
            chord(38, [57, 61, 64, 66]),
            chord(35, [57, 61, 62, 66]),
            chord(43, [57, 59, 62, 66]),
            chord(33, [55, 59, 62, 64]),
        ],
        melody: &[
            (0.0, 78, 1.5),
            (1.5, 76, 0.5),
            (2.0, 73, 2.0),
            (4.5, 74, 1.0),
            (5.5, 76, 0.5),
            (6.0, 69, 2.0),
            (8.0, 71, 1.5),
            (9.5, 73, 0.5),
            (10.0, 74, 1.0),
            (11.0, 78, 1.0),
            (12.0, 76, 3.0),
            (16.0, 78, 1.5),
            (17.5, 81, 0.5),
            (18.0, 85, 2.0),
            (20.5, 83, 1.0),
            (21.5, 81, 0.5),
            (22.0, 78, 2.0),
            (24.0, 74, 1.0),
            (25.0, 76, 1.0),
            (26.0, 78, 1.0),
            (27.0, 81, 1.0),
            (28.0, 76, 1.5),
            (29.5, 74, 2.5),
        ],
        figure: [0, 2, 3, 5, 4, 3, 2, 1],
        beat: Beat::Brushes,
        swing: 0.22,
        brightness: 0.35,
        gain_db: 3.1,
    },
    Piece {
        file: "paper-lanterns.opus",
        title: "Paper Lanterns",
        bpm: 108.0,
        bars: 24,
        // A minor: Am9, Fmaj7, C, G6.
        chords: &[
            chord(33, [60, 64, 67, 71]),
            chord(41, [60, 64, 65, 69]),
            chord(36, [59, 60, 64, 67]),
            chord(43, [59, 62, 64, 67]),
        ],
        melody: &[
            (0.0, 76, 1.0),
            (1.5, 79, 0.5),
            (2.0, 81, 1.5),
            (4.0, 84, 1.0),
            (5.0, 81, 1.0),
            (6.0, 77, 1.5),
            (8.0, 79, 1.0),
            (9.5, 76, 0.5),
            (10.0, 72, 2.0),
            (12.0, 74, 1.0),
            (13.0, 76, 1.0),
            (14.0, 71, 2.0),
            (16.0, 76, 1.0),
            (17.5, 79, 0.5),
            (18.0, 83, 1.5),
            (20.0, 81, 2.0),
            (22.0, 77, 1.0),
            (23.0, 81, 1.0),
            (24.0, 79, 3.0),
            (28.0, 78, 0.5),
            (28.5, 79, 1.5),
            (30.0, 74, 2.0),
        ],
        figure: [0, 3, 4, 2, 5, 3, 6, 2],
        beat: Beat::Broken,
        swing: 0.12,
        brightness: 0.45,
        gain_db: 1.9,
    },
    Piece {
        file: "night-bus.opus",
        title: "Night Bus",
        bpm: 120.0,
        bars: 24,
        // F minor: Fm9, Dbmaj7, Ab, Eb6.
        chords: &[
            chord(41, [56, 60, 63, 67]),
            chord(37, [56, 60, 61, 65]),
            chord(44, [55, 56, 60, 63]),
            chord(39, [55, 58, 60, 63]),
        ],
        melody: &[
            (0.5, 72, 0.5),
            (1.5, 75, 0.5),
            (2.5, 77, 1.5),
            (6.5, 75, 0.5),
            (7.0, 72, 1.0),
            (8.5, 72, 0.5),
            (9.5, 75, 0.5),
            (10.5, 79, 1.5),
            (13.5, 77, 0.5),
            (14.0, 75, 2.0),
            (16.5, 72, 0.5),
            (17.5, 75, 0.5),
            (18.5, 80, 1.5),
            (22.5, 79, 0.5),
            (23.0, 77, 1.0),
            (24.5, 75, 0.5),
            (25.5, 72, 0.5),
            (26.5, 70, 1.5),
            (29.5, 72, 0.5),
            (30.0, 70, 2.0),
        ],
        figure: [0, 2, 5, 3, 0, 4, 2, 6],
        beat: Beat::Straight,
        swing: 0.0,
        brightness: 0.55,
        gain_db: 1.8,
    },
];

/// The whole piece, one seamless loop.
pub(crate) fn render(piece: &Piece) -> Vec<Frame> {
    let beat = 60.0 / piece.bpm;
    let mut music = Loop::new(piece.bars as f32 * 4.0 * beat);
    // Drums first: the pads lean on the kick.
    for bar in 0..piece.bars {
        // The first and the last eighth of the piece, and a breath in the middle, go without drums.
        let eighth = bar * 8 / piece.bars;
        if !matches!(eighth, 0 | 7) && bar != piece.bars / 2 {
            drums(piece, &mut music, bar, beat);
        }
    }
    for bar in 0..piece.bars {
        harmony(piece, &mut music, bar, beat);
    }
    for phrase in (0..piece.bars / 8).filter(|phrase| phrase % 2 == 1 || piece.bars > 16) {
        for &(at, midi, length) in piece.melody {
            let seconds = (phrase as f32 * 32.0 + at) * beat;
            music.bell(At { seconds, level: 0.085, pan: 0.15, send: 0.8 }, midi, length * beat);
        }
    }
    music.finish(0.75 * beat, piece.gain_db)
}

/// Pads, bass and the broken chord of one bar.
fn harmony(piece: &Piece, music: &mut Loop, bar: usize, beat: f32) {
    let chord = &piece.chords[bar % piece.chords.len()];
    let start = bar as f32 * 4.0 * beat;
    for (index, tone) in chord.tones.into_iter().enumerate() {
        let pan = [-0.3, 0.3, -0.1, 0.1][index];
        music.pad(At { seconds: start, level: 0.042, pan, send: 0.3 }, tone, 4.0 * beat, piece.brightness);
    }
    for eighth in 0..8 {
        let late = if eighth % 2 == 1 { piece.swing / 2.0 } else { 0.0 };
        let seconds = start + (eighth as f32 / 2.0 + late) * beat;
        let position = piece.figure[(eighth + 3 * (bar / 4 % 2)) % 8];
        let midi = chord.tones[position % 4] + 12 * (1 + position / 4) as i32 - 12;
        let human = 1.0 + 0.2 * noise((bar * 8 + eighth) as u32 + 77);
        let pan = if eighth % 2 == 0 { -0.35 } else { 0.35 };
        music.pluck(At { seconds, level: 0.10 * human, pan, send: 0.45 }, midi, 0.45 * beat);
    }
    let line: &[(f32, i32, f32)] = match piece.beat {
        _ if bar < piece.bars / 8 => &[(0.0, 0, 3.5)],
        Beat::Brushes => &[(0.0, 0, 1.4), (1.5, 0, 0.4), (2.5, 7, 0.9), (3.5, 12, 0.4)],
        Beat::Broken => &[(0.0, 0, 0.9), (1.5, 0, 0.4), (2.0, 12, 0.4), (2.75, 7, 0.7), (3.5, 0, 0.4)],
        Beat::Straight => &[(0.5, 0, 0.4), (1.5, 0, 0.4), (2.5, 0, 0.4), (3.0, 12, 0.2), (3.5, 7, 0.4)],
    };
    for &(at, up, length) in line {
        music.bass(At { seconds: start + at * beat, level: 0.16, pan: 0.0, send: 0.0 }, chord.bass + up, length * beat);
    }
}

/// The drums of one bar.
fn drums(piece: &Piece, music: &mut Loop, bar: usize, beat: f32) {
    let start = bar as f32 * 4.0 * beat;
    let at = |beats: f32, level: f32, pan: f32| At { seconds: start + beats * beat, level, pan, send: 0.06 };
    let kicks: &[f32] = match piece.beat {
        Beat::Brushes => &[0.0, 1.75, 2.5],
        Beat::Broken => &[0.0, 1.5, 2.75],
        Beat::Straight => &[0.0, 1.0, 2.0, 3.0],
    };
    for &beats in kicks {
        music.kick(at(beats, 0.42, 0.0), 0.45);
    }
    for beats in [1.0, 3.0] {
        music.snare(at(beats, 0.13, -0.05));
    }
    for eighth in 0..8 {
        let late = if eighth % 2 == 1 { piece.swing / 2.0 } else { 0.0 };
        let accent = if eighth % 2 == 1 { 0.17 } else { 0.09 };
        let length = if piece.beat == Beat::Straight && eighth % 2 == 1 { 0.05 } else { 0.018 };
        music.hiss(at(eighth as f32 / 2.0 + late, accent, 0.3), length, 0.9);
    }
    // A turn at the end of every fourth bar.
    if bar % 4 == 3 {
        for (beats, level) in [(3.5, 0.06), (3.75, 0.09)] {
            music.snare(at(beats, level, 0.1));
        }
    }
}
