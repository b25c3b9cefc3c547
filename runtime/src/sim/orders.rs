//! Which run comes next when all of them are wanted: each list of choices once, those with fewest deviations first.
//!
//! A run is known by its choices, and one that was only given the first few goes the usual way from there on. So every
//! run but the first comes from another, its *parent*, by one change: at some place behind the parent's own change, where
//! the parent went the usual way, it goes another. That makes a tree in which each run stands once. It is walked here:
//! within a number of deviations depth first, and with the next number when all of the last are done. What is left to do
//! is kept, an entry for each run and number of steps aside, so memory grows with the number of runs, not with the tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::chooser::Choice;

/// What is left to be run.
pub(super) struct Orders {
    /// By the number of deviations.
    left: BTreeMap<usize, Vec<Branch>>,
    /// The bound on that.
    most: usize,
}

/// Runs that differ from one that was made: by `aside` at one of its choices.
struct Branch {
    run: Rc<[Choice]>,
    /// The first of the choices that are left.
    from: usize,
    aside: usize,
    /// Of an order; else of the test's own.
    is_order: bool,
}

impl Orders {
    pub(super) fn new(most: usize) -> Self {
        Orders { left: BTreeMap::new(), most }
    }

    /// A run was made, whose own change is the last of the first `given` choices.
    pub(super) fn made(&mut self, run: Vec<Choice>, given: usize) {
        let before = deviations(&run);
        let run: Rc<[Choice]> = run.into();
        for is_order in [true, false] {
            let ways =
                run[given..].iter().filter(|choice| choice.is_order == is_order).map(|choice| choice.of);
            // The furthest first, so that the nearest is on top.
            for aside in (1..ways.max().unwrap_or(1)).rev() {
                let deviations = before + if is_order { aside } else { 0 };
                if deviations <= self.most {
                    let branch = Branch { run: run.clone(), from: given, aside, is_order };
                    self.left.entry(deviations).or_default().push(branch);
                }
            }
        }
    }

    /// The first choices of the next run.
    pub(super) fn next(&mut self) -> Option<Vec<Choice>> {
        loop {
            let mut fewest = self.left.first_entry()?;
            let Some(branch) = fewest.get_mut().last_mut() else {
                fewest.remove();
                continue;
            };
            let (run, aside, is_order) = (branch.run.clone(), branch.aside, branch.is_order);
            let fits = |choice: &Choice| choice.is_order == is_order && choice.of > aside;
            match run[branch.from..].iter().position(fits) {
                Some(place) => {
                    let place = branch.from + place;
                    branch.from = place + 1;
                    let mut choices = run[..=place].to_vec();
                    choices[place].taken = aside;
                    return Some(choices);
                }
                None => {
                    fewest.get_mut().pop();
                }
            }
        }
    }
}

/// How often a turn was passed over.
pub(super) fn deviations(run: &[Choice]) -> usize {
    run.iter().filter(|choice| choice.is_order).map(|choice| choice.taken).sum()
}
