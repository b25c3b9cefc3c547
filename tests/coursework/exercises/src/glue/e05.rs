use coursework::suites::e05_join::Join;

use crate::e05_join;

pub(crate) struct Mine;

impl Join for Mine {
    fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)> {
        e05_join::join(a, b)
    }
}
