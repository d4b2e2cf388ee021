//! Reading the box's page of metrics.

/// Returns the number called `name`, without `partybox_`: with its labels the one sample, without them the sum of all samples
/// of that name. `None` if there is none.
pub fn number(page: &str, name: &str) -> Option<f64> {
    let samples = page.lines().filter_map(|line| line.strip_prefix("partybox_")?.rsplit_once(' '));
    let named = samples.filter(|(sample, _)| {
        *sample == name || sample.strip_prefix(name).is_some_and(|labels| labels.starts_with('{'))
    });
    let numbers: Vec<f64> = named.filter_map(|(_, number)| number.parse().ok()).collect();
    (!numbers.is_empty()).then(|| numbers.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_all_its_samples_and_one_with_labels_means_one() {
        let page = "# HELP partybox_a_total A.\npartybox_a_total{channel=\"red\"} 1\npartybox_a_total{channel=\"blue\"} 2\n\
                    partybox_a_total_more 9\npartybox_b 0.5\n";
        assert_eq!(number(page, "a_total"), Some(3.0));
        assert_eq!(number(page, "a_total{channel=\"blue\"}"), Some(2.0));
        assert_eq!((number(page, "b"), number(page, "a")), (Some(0.5), None));
    }
}
