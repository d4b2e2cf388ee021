//! What a cue sheet makes of a file: the parts it is cut into, or why it is left whole. A sheet that would leave a track without
//! length, or take the place of a file without giving all of it, is not applied.

/// Longest silence in front of the first track that may be left out, milliseconds: the pause that every disc begins with has
/// two seconds.
const LEAD_MS_MAX: u64 = 10_000;

/// One track of a sheet that lies in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) title: String,
    pub(crate) artist: String,
    pub(crate) number: u32,
    pub(crate) start_ms: u64,
    /// Where the pause before it begins, in this file.
    pub(crate) pause_ms: Option<u64>,
    /// Whether it holds no sound.
    pub(crate) is_data: bool,
}

/// One part that the file is cut into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which of the pieces it is.
    pub(crate) piece: usize,
    pub(crate) start_ms: u64,
    /// `None`: with the file.
    pub(crate) end_ms: Option<u64>,
}

/// The parts of a file, in the order of time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) parts: Vec<Part>,
    /// Tracks that begin behind the end of the file.
    pub(crate) beyond: usize,
}

/// Cuts a file of `length_ms` (`None`: not known) into what `pieces` say of it.
///
/// # Errors
/// They make no sense of this file; why, in words.
pub(crate) fn cut(pieces: &[Piece], length_ms: Option<u64>) -> Result<Cut, String> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|index| pieces[*index].start_ms);
    order.retain(|index| length_ms.is_none_or(|length| pieces[*index].start_ms < length));
    let beyond = pieces.len() - order.len();
    if beyond * 2 > pieces.len() {
        return Err(format!("{beyond} of its {} tracks begin behind the end of the file", pieces.len()));
    }
    let starts = |index: &usize| pieces[*index].start_ms;
    if let Some(pair) = order.windows(2).find(|pair| starts(&pair[0]) == starts(&pair[1])) {
        let [first, second] = [pieces[pair[0]].number, pieces[pair[1]].number];
        return Err(format!("its tracks {first} and {second} begin at the same place"));
    }
    let Some(first) = order.first().map(|index| &pieces[*index]) else { return Err("it has no track".into()) };
    let begins_ms = if first.start_ms <= LEAD_MS_MAX {
        first.start_ms
    } else {
        // Sound that is hidden in front of the first track belongs to it.
        let pause = first.pause_ms.filter(|pause| *pause <= LEAD_MS_MAX);
        pause.ok_or_else(|| format!("it says nothing of the first {} s of the file", first.start_ms / 1_000))?
    };
    let ends = order.iter().skip(1).map(|index| Some(starts(index))).chain([None]);
    let parts: Vec<Part> = order
        .iter()
        .zip(ends)
        .enumerate()
        .filter(|(_, (index, _))| !pieces[**index].is_data)
        .map(|(place, (index, end_ms))| {
            let start_ms = if place == 0 { begins_ms } else { starts(index) };
            Part { piece: *index, start_ms, end_ms }
        })
        .collect();
    if parts.is_empty() { Err("it has no track of sound".into()) } else { Ok(Cut { parts, beyond }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(starts_ms: &[u64]) -> Vec<Piece> {
        let piece = |(number, start_ms): (u32, &u64)| Piece { number, start_ms: *start_ms, ..Piece::default() };
        (1..).zip(starts_ms).map(piece).collect()
    }

    fn spans(pieces: &[Piece], length_ms: Option<u64>) -> Result<Vec<(u32, u64, Option<u64>)>, String> {
        let cut = cut(pieces, length_ms)?;
        let span = |part: Part| (pieces[part.piece].number, part.start_ms, part.end_ms);
        Ok(cut.parts.into_iter().map(span).collect())
    }

    #[test]
    fn every_part_ends_where_the_next_begins_in_time_whatever_their_order() {
        let wanted = vec![(1, 0, Some(2_000)), (3, 2_000, Some(4_000)), (2, 4_000, None)];
        assert_eq!(spans(&pieces(&[0, 4_000, 2_000]), Some(6_000)), Ok(wanted));
    }

    #[test]
    fn a_data_track_ends_the_one_before_and_is_none_itself() {
        let mut all = pieces(&[0, 2_000, 4_000]);
        all[2].is_data = true;
        assert_eq!(spans(&all, Some(6_000)), Ok(vec![(1, 0, Some(2_000)), (2, 2_000, Some(4_000))]));
        let data = [Piece { is_data: true, ..Piece::default() }];
        assert!(spans(&data, None).is_err());
    }

    #[test]
    fn a_track_behind_the_end_is_left_out_and_a_sheet_of_a_longer_file_is_not_applied() {
        let all = pieces(&[0, 2_000, 540_000]);
        assert_eq!((cut(&all, Some(6_000)).unwrap().beyond, spans(&all, Some(6_000)).unwrap().len()), (1, 2));
        assert_eq!(spans(&all, None).unwrap().len(), 3, "its length is not known");
        assert!(spans(&pieces(&[0, 2_000, 540_000, 600_000, 700_000]), Some(6_000)).is_err());
    }

    #[test]
    fn a_track_without_length_and_sound_without_a_track_are_refused() {
        let why = spans(&pieces(&[0, 2_000, 2_000]), Some(6_000)).unwrap_err();
        assert!(why.contains("2 and 3"), "{why}");
        let mut late = pieces(&[180_000, 300_000]);
        assert!(spans(&late, Some(400_000)).unwrap_err().contains("180 s"));
        late[0].pause_ms = Some(0);
        assert_eq!(spans(&late, Some(400_000)).unwrap()[0], (1, 0, Some(300_000)));
        assert_eq!(spans(&pieces(&[1_000, 2_000]), Some(6_000)).unwrap()[0], (1, 1_000, Some(2_000)));
        assert!(cut(&[], None).is_err());
    }
}
