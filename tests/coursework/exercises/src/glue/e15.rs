use coursework::suites::e15_lanes::Lanes15;

use crate::e15_lanes;

pub(crate) type Mine = e15_lanes::Lanes;

impl Lanes15 for Mine {
    fn new(show: impl Fn(&Self) + 'static) -> Self {
        e15_lanes::Lanes::new(show)
    }

    fn draw(&self) -> String {
        e15_lanes::Lanes::draw(self)
    }
}
