//! A task that does not await.

use demo::lesson::freeze::{COMPUTING, measure};

use crate::seen;

#[test]
fn computing_in_one_piece_stops_the_heart_and_either_way_out_does_not() {
    let freeze = seen(measure);
    assert!(freeze.in_one_piece.longest_gap >= COMPUTING);
    assert!(freeze.in_pieces.longest_gap < COMPUTING / 2);
    assert!(freeze.elsewhere.longest_gap < COMPUTING / 2);
    let (culprit, held) = freeze.in_one_piece.slow_poll.expect("it was reported");
    assert_eq!(culprit, "computing");
    assert!(held >= COMPUTING);
}
