//! What the columns of the timeline show: a sign each, in Unicode or in ASCII, and in colour if there is any.

use super::event::Resource;
use super::replay::Stage;

/// How the lines are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// No line is longer. (Less than 40 is taken for 40.)
    pub columns: usize,
    /// With ANSI colours.
    pub coloured: bool,
    /// With the lines and blocks of Unicode; else in ASCII.
    pub unicode: bool,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Glyph {
    /// It was not there, or for the loop: it slept.
    Blank,
    /// It ran for most of it.
    Ran,
    /// The loop was awake for a little of it; or for more, an eighth and up.
    Awake(bool),
    /// It was polled so often, in powers of two.
    Polled(u8),
    /// It did this for most of it.
    Did(Doing),
    /// It came to its end: a good one, or not.
    End(bool),
}

/// What a task does that is not being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    Queued,
    Socket,
    Timer,
    Lock,
    Others,
    Job,
    Something,
}

/// How many kinds of [`Doing`] there are.
pub(super) const KINDS: usize = 7;

impl Doing {
    pub(super) fn of(stage: &Stage) -> Option<Doing> {
        Some(match stage {
            Stage::New | Stage::Queued => Doing::Queued,
            Stage::Running | Stage::Done(_) | Stage::Gone(_) => return None,
            Stage::Waiting(None) => Doing::Something,
            Stage::Waiting(Some(waiting)) => match waiting.on {
                Resource::Readable { .. } | Resource::Writable { .. } => Doing::Socket,
                Resource::Timer { .. } => Doing::Timer,
                Resource::Lock { .. } | Resource::Permits { .. } | Resource::Barrier { .. } => Doing::Lock,
                Resource::Event { .. } | Resource::Condvar { .. } => Doing::Lock,
                Resource::Message { .. } | Resource::Room { .. } => Doing::Lock,
                Resource::Task { .. } | Resource::Children { .. } => Doing::Others,
                Resource::Job { .. } => Doing::Job,
                Resource::Turn | Resource::Other { .. } => Doing::Something,
            },
        })
    }
}

impl Glyph {
    /// In Unicode, in ASCII, and its colour.
    fn look(self) -> (char, char, &'static str) {
        match self {
            Glyph::Blank => (' ', ' ', ""),
            Glyph::Ran => ('█', '#', "32"),
            Glyph::Awake(false) => ('▁', '_', "32"),
            Glyph::Awake(true) => ('▃', '%', "32"),
            Glyph::Polled(0) => ('▂', '1', "32"),
            Glyph::Polled(1) => ('▄', '2', "32"),
            Glyph::Polled(_) => ('▆', '4', "32"),
            Glyph::Did(Doing::Queued) => ('▒', '+', "33"),
            Glyph::Did(Doing::Socket) => ('─', '-', "34"),
            Glyph::Did(Doing::Timer) => ('┄', '.', "36"),
            Glyph::Did(Doing::Lock) => ('═', '=', "35"),
            Glyph::Did(Doing::Others) => ('·', ':', "2"),
            Glyph::Did(Doing::Job) => ('~', '~', "33"),
            Glyph::Did(Doing::Something) => ('?', '?', "2"),
            Glyph::End(true) => ('✓', '|', "1;32"),
            Glyph::End(false) => ('✗', 'x', "1;31"),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Glyph::Blank => "",
            Glyph::Ran => "ran",
            Glyph::Awake(false) => "awake",
            Glyph::Awake(true) => "more",
            Glyph::Polled(0) => "polled",
            Glyph::Polled(1) => "twice",
            Glyph::Polled(_) => "often",
            Glyph::Did(Doing::Queued) => "queue",
            Glyph::Did(Doing::Socket) => "socket",
            Glyph::Did(Doing::Timer) => "timer",
            Glyph::Did(Doing::Lock) => "lock",
            Glyph::Did(Doing::Others) => "others",
            Glyph::Did(Doing::Job) => "job",
            Glyph::Did(Doing::Something) => "something",
            Glyph::End(true) => "done",
            Glyph::End(false) => "cancelled",
        }
    }
}

/// A piece of a task's time.
#[derive(Clone, Default)]
pub(super) struct Cell {
    pub(super) polls: u64,
    pub(super) ran: u64,
    /// How long it did what.
    pub(super) did: [u64; KINDS],
    /// How long the column is.
    pub(super) whole: u64,
}

impl Cell {
    pub(super) fn glyph(&self) -> Glyph {
        const DOINGS: [Doing; KINDS] = [
            Doing::Queued,
            Doing::Socket,
            Doing::Timer,
            Doing::Lock,
            Doing::Others,
            Doing::Job,
            Doing::Something,
        ];
        if self.whole > 0 && self.ran * 2 >= self.whole {
            return Glyph::Ran;
        }
        if self.polls > 0 {
            return Glyph::Polled(self.polls.ilog2().min(2) as u8);
        }
        let most = self.did.iter().zip(DOINGS).filter(|(time, _)| **time > 0).max_by_key(|(time, _)| **time);
        most.map_or(Glyph::Blank, |(_, doing)| Glyph::Did(doing))
    }

    /// For the loop, what counts is how long it was awake: one that is for a hundredth of the time must not look busy.
    pub(super) fn glyph_of_loop(&self) -> Glyph {
        match self.ran {
            ran if self.whole > 0 && ran * 2 >= self.whole => Glyph::Ran,
            // Less than this nobody could see, drawn to scale or not.
            ran if ran * 1000 < self.whole => Glyph::Blank,
            ran => Glyph::Awake(ran * 8 >= self.whole),
        }
    }
}

/// What the signs mean that occur.
pub(super) fn legend(shown: &[Glyph], look: Look, columns: usize) -> String {
    let mut all: Vec<Glyph> = shown.to_vec();
    all.sort_unstable();
    all.dedup();
    let mut cells = Cells::new(look);
    let mut used = 0;
    for glyph in all.into_iter().filter(|glyph| *glyph != Glyph::Blank) {
        let word = glyph.word();
        used += 2 + word.len() + if used == 0 { 0 } else { 3 };
        if used > columns {
            break;
        }
        if !cells.text.is_empty() {
            cells.plain("   ");
        }
        cells.push(glyph);
        cells.plain(&format!(" {word}"));
    }
    cells.done()
}

/// Signs in a row, each in its colour.
pub(super) struct Cells {
    look: Look,
    colour: &'static str,
    text: String,
}

impl Cells {
    pub(super) fn new(look: Look) -> Cells {
        Cells { look, colour: "", text: String::new() }
    }

    pub(super) fn push(&mut self, glyph: Glyph) {
        let (unicode, ascii, colour) = glyph.look();
        self.paint(colour);
        self.text.push(if self.look.unicode { unicode } else { ascii });
    }

    fn plain(&mut self, text: &str) {
        self.paint("");
        self.text += text;
    }

    /// From here on in this colour. Only where it changes: a colour for each sign would be six bytes for one.
    fn paint(&mut self, colour: &'static str) {
        if self.look.coloured && colour != self.colour {
            self.colour = colour;
            let reset = if colour.is_empty() { "0" } else { "0;" };
            self.text += &format!("\x1b[{reset}{colour}m");
        }
    }

    pub(super) fn done(mut self) -> String {
        self.paint("");
        self.text
    }
}
