//! `demo::text`: numbers, times and names as people read them.

use std::time::Duration;

use demo::text::{bytes, bytes_of, duration, one_line, shorten, wrapped};
use proptest::prelude::*;

#[test]
fn a_time_never_rounds_up_to_a_thousand_of_its_unit() {
    for (nanos, wanted) in [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (9_995_000, "10.0 ms"),
        (99_950_000, "100 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (59_949_999_999, "59.9 s"),
        (59_950_000_000, "1 min 00 s"),
        (119_499_999_999, "1 min 59 s"),
        (119_500_000_000, "2 min 00 s"),
        (3_599_500_000_000, "1 h 00 min"),
    ] {
        assert_eq!(duration(Duration::from_nanos(nanos)), wanted, "{nanos} ns");
    }
    assert!(duration(Duration::MAX).contains(" h "));
}

#[test]
fn bytes_never_round_up_to_a_thousand_of_their_unit() {
    for (n, wanted) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1.00 GB"),
        (999_500_000_000, "1.00 TB"),
    ] {
        assert_eq!(bytes(n), wanted, "{n}");
    }
}

#[test]
fn a_part_is_written_in_the_unit_of_the_whole() {
    assert_eq!(bytes_of(0, 4_096), "0.00 of 4.10 kB");
    assert_eq!(bytes_of(98_760, 210_000), "99 of 210 kB");
    assert_eq!(bytes_of(5, 10), "5 of 10 B");
}

#[test]
fn a_long_name_keeps_both_ends() {
    assert_eq!(shorten("report-2024-part-07.txt", 23), "report-2024-part-07.txt");
    assert_eq!(shorten("report-2024-part-07.txt", 11), "repor…7.txt");
    assert_eq!(shorten("ab", 1), "…");
    assert_eq!(shorten("ab", 0), "");
    assert_eq!(shorten("日本語の長い名前", 9), "日本…名前");
}

#[test]
fn lines_break_at_blanks_and_a_word_that_fits_none_is_shortened() {
    assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
    assert_eq!(wrapped("ab cd ef", 8), ["ab cd ef"]);
    assert_eq!(wrapped("ab abcdefgh c", 5), ["ab", "ab…gh", "c"]);
    assert_eq!(wrapped("ab cd", 0), [""; 0]);
    assert_eq!(wrapped("", 5), [""; 0]);
}

proptest! {
    #[test]
    fn a_shortened_name_fits_its_columns(name in r"[a-zü日本…]{0,40}", columns in 0_usize..30) {
        let short = shorten(&name, columns);
        let taken: usize = short.chars().map(|c| if "日本".contains(c) { 2 } else { 1 }).sum();
        prop_assert!(taken <= columns, "{:?} takes {} columns", short, taken);
    }

    #[test]
    fn one_line_holds_nothing_that_steers_a_terminal(text in any::<String>()) {
        let line = one_line(&text);
        let steers = line.contains(|c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        prop_assert!(!steers, "a control is left in {:?}", line);
    }
}
