//! The one colour of a picture that stands for it: the mean of its most vivid hue. Pure, on pixels that are decoded already.
//!
//! It does not judge whether anything can be read on it: the page that paints with it moves it until it can.

/// Parts into which the circle of hues is cut: wide enough that a shaded object stays in one, narrow enough that red is not
/// yellow.
const HUES: usize = 12;

/// Mean chroma (0 to 255) below which a picture counts as grey: what JPEG makes of black and white stays below.
const CHROMA_LEAST: f32 = 10.0;

/// Returns the colour that stands for pixels of three bytes each. Of none it is black, of a grey picture its mean.
pub(crate) fn dominant(pixels: &[u8]) -> [u8; 3] {
    let mut hues = [Sum::default(); HUES];
    let (mut all, mut chroma_sum) = (Sum::default(), 0.0);
    for pixel in pixels.chunks_exact(3) {
        let rgb = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let (hue, chroma) = hue_and_chroma(rgb);
        // Twice as vivid counts four times: a small bright sign is what eyes remember of a dull wall.
        hues[(hue * HUES as f32) as usize % HUES].add(rgb, chroma * chroma);
        all.add(rgb, 1.0);
        chroma_sum += chroma;
    }
    if chroma_sum < CHROMA_LEAST * all.weight {
        return all.mean();
    }
    // A hue on the border of two parts counts with both.
    let reach = |at: usize| {
        let beside = hues[(at + 1) % HUES].weight + hues[(at + HUES - 1) % HUES].weight;
        hues[at].weight + beside / 2.0
    };
    let best = (0..HUES).max_by(|one, other| reach(*one).total_cmp(&reach(*other))).unwrap_or(0);
    hues[best].mean()
}

/// Returns the hue as a share of the circle (red is 0, green a third), and how far from grey it is (0 to 255).
fn hue_and_chroma([red, green, blue]: [f32; 3]) -> (f32, f32) {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let chroma = most - least;
    if chroma <= 0.0 {
        return (0.0, 0.0);
    }
    let sixths = if most == red {
        ((green - blue) / chroma).rem_euclid(6.0)
    } else if most == green {
        (blue - red) / chroma + 2.0
    } else {
        (red - green) / chroma + 4.0
    };
    // Half a part further, so that pure red lies in the middle of one.
    ((sixths / 6.0 + 0.5 / HUES as f32).rem_euclid(1.0), chroma)
}

/// A weighted sum of colours.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rgb: [f32; 3],
    weight: f32,
}

impl Sum {
    fn add(&mut self, rgb: [f32; 3], weight: f32) {
        (0..3).for_each(|c| self.rgb[c] += rgb[c] * weight);
        self.weight += weight;
    }

    fn mean(&self) -> [u8; 3] {
        let weight = self.weight.max(f32::MIN_POSITIVE);
        self.rgb.map(|sum| (sum / weight).round().clamp(0.0, 255.0) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(parts: &[(usize, [u8; 3])]) -> Vec<u8> {
        parts.iter().flat_map(|(count, colour)| colour.repeat(*count)).collect()
    }

    #[test]
    fn a_plain_picture_has_its_own_colour() {
        for colour in [[255, 0, 0], [10, 200, 40], [0, 0, 255], [255, 255, 0], [250, 20, 30], [30, 144, 255]] {
            assert_eq!(dominant(&picture(&[(100, colour)])), colour);
        }
    }

    #[test]
    fn a_vivid_part_stands_for_a_picture_that_is_mostly_dull() {
        let found = dominant(&picture(&[(800, [60, 58, 55]), (100, [20, 40, 220]), (60, [200, 190, 20])]));
        assert_eq!(found, [20, 40, 220]);
    }

    #[test]
    fn a_hue_on_the_border_of_two_parts_is_not_split() {
        // Two oranges that fall to either side of a border outweigh one green.
        let found = dominant(&picture(&[(50, [230, 60, 10]), (50, [230, 72, 10]), (60, [20, 220, 30])]));
        assert!(found[0] > 200 && found[1] < 100, "{found:?}");
    }

    #[test]
    fn a_grey_picture_is_grey_and_none_is_black() {
        let [red, green, blue] = dominant(&picture(&[(50, [10, 12, 11]), (50, [200, 198, 203])]));
        assert!(red.abs_diff(green) < 4 && green.abs_diff(blue) < 4);
        assert_eq!(dominant(&[]), [0, 0, 0]);
    }
}
