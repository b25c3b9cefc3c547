//! Lists that users give: URLs (`-i`) and sums (`--sha256`).

use demo::download::checksum::{Sums, hex};
use demo::download::list;
use proptest::prelude::*;

const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn urls_come_with_their_lines() {
    let urls = |text: &str| list::parse(text.as_bytes()).unwrap();
    assert_eq!(urls(""), []);
    assert_eq!(urls("\n# x\n \t\n"), []);
    let wanted = [(1, "a".to_owned()), (3, "b#c".to_owned()), (4, "d".to_owned())];
    assert_eq!(urls("a\r\n\n\tb#c \n d"), wanted);
    assert_eq!(urls("\u{feff}a\n\nb#c\nd\n"), wanted);
    assert_eq!(list::parse(b"a\nb\n\xff\n"), Err(3));
}

#[test]
fn names_in_lists_of_sums_are_found_by_their_last_part() {
    let upper = SUM.to_uppercase();
    let list = format!(
        "{SUM}  a b\n{upper} *star\n{SUM}  ./dir/deep\n\\{SUM}  new\\nline\n\\{SUM} *back\\\\slash\n\
         SHA256 (tag (1)) = x) = {SUM}\nSHA256 (tagged) = {SUM}\r\n{SUM}   blank\n"
    );
    let sums = Sums::parse("L", list.as_bytes()).unwrap();
    for name in ["a b", "star", "deep", "new\nline", "back\\slash", "tag (1)) = x", "tagged", " blank"] {
        assert_eq!(hex(&sums.of(name).unwrap_or_else(|e| panic!("{e}"))), SUM, "{name:?}");
    }
    for name in ["*star", "./dir/deep", "dir/deep", "new\\nline", "A B", "", "a"] {
        assert!(sums.of(name).is_err(), "{name:?}");
    }
}

#[test]
fn a_name_that_is_not_utf8_is_none_of_a_downloads() {
    let list = [SUM.as_bytes(), b"  \xff\xfe\n", SUM.as_bytes(), b"  a\n"].concat();
    assert!(Sums::parse("L", &list).unwrap().of("a").is_ok());
}

#[test]
fn the_same_file_twice_needs_the_same_sum() {
    let other = SUM.replace('e', "f");
    assert!(Sums::parse("L", format!("{SUM}  a\n{SUM} *x/a\n").as_bytes()).is_ok());
    let sums = Sums::parse("L", format!("{SUM}  a\n{other}  x/a\n{SUM}  b\n").as_bytes()).unwrap();
    assert_eq!(sums.of("a").unwrap_err(), "L has two sums for a: leave one in it");
    assert!(sums.of("b").is_ok(), "which is no matter to others");
}

proptest! {
    #[test]
    fn no_list_is_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = list::parse(&bytes);
        let _ = Sums::parse("L", &bytes);
    }

    #[test]
    fn something_like_a_sum_is_no_panic(text in "(\\\\)?(SHA256 \\()?[0-9a-f]{60,70}[ *]{0,3}[a-z\\\\]{0,5}(\\) = )?\n?") {
        let _ = Sums::parse("L", text.as_bytes());
    }

    #[test]
    fn any_sum_is_read_as_it_is_written(sum in any::<[u8; 32]>(), name in "[^/\n\r\\\\]{1,20}") {
        let sums = Sums::parse("L", format!("{}  {name}\n", hex(&sum)).as_bytes()).unwrap();
        prop_assert_eq!(sums.of(&name), Ok(sum));
    }
}
