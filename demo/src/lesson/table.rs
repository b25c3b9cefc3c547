//! Tables in 80 columns: rows of short cells, and a last column that may be long and is broken into lines.
//!
//! A table is values first and drawn later, when it is known whether there are colours and how wide the line is.

use std::time::Duration;

use super::stage::Style;
use crate::text;

/// Between two columns.
const GAP: usize = 2;

/// A table.
///
/// A column of which all cells begin with a digit is set to the right, as numbers are.
///
/// ```
/// use demo::lesson::Table;
/// use std::time::Duration;
///
/// let mut table = Table::new(["job", "took", "polls"]);
/// table.row("one").with(Duration::from_millis(50)).with(7u64);
/// table.row("other").with(Duration::from_secs(2)).good(1234u64);
/// assert_eq!(table.lines(80, false), ["job       took  polls", "one    50.0 ms      7", "other   2.00 s  1,234"]);
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<Cell>,
    rows: Vec<Row>,
}

/// A row of a [`Table`].
#[derive(Clone, Debug)]
pub struct Row {
    cells: Vec<Cell>,
}

/// What stands in a row and a column.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Table {
    /// A table of as many columns as it has names for them. If all are empty, there is no line for them.
    pub fn new<const N: usize>(names: [&str; N]) -> Table {
        let head = names.map(|name| Cell { text: name.to_owned(), style: Style::Dim });
        Table { head: head.into(), rows: Vec::new() }
    }

    /// Adds a row, which begins with this cell.
    pub fn row(&mut self, first: impl Into<Cell>) -> &mut Row {
        self.rows.push(Row { cells: vec![first.into()] });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// The table as lines of at most so many columns, unless its short cells alone take more.
    pub fn lines(&self, columns: usize, coloured: bool) -> Vec<String> {
        let widths: Vec<usize> = (0..self.head.len()).map(|column| self.width_of(column)).collect();
        let to_right: Vec<bool> = (0..self.head.len()).map(|column| self.is_numbers(column)).collect();
        let last = self.head.len().saturating_sub(1);
        let before: usize = widths.iter().take(last).map(|width| width + GAP).sum();
        let room = columns.saturating_sub(before).max(10);

        let mut lines = Vec::new();
        let head = self.head.iter().any(|cell| !cell.text.is_empty()).then_some(&self.head);
        for cells in head.into_iter().chain(self.rows.iter().map(|row| &row.cells)) {
            let mut rest = match cells.get(last) {
                Some(cell) if text::width(&cell.text) > room => text::wrapped(&cell.text, room),
                _ => Vec::new(),
            };
            rest.reverse();
            let mut line = String::new();
            for (column, cell) in cells.iter().enumerate().take(self.head.len()) {
                let first = if column == last { rest.pop() } else { None };
                let shown = first.as_deref().unwrap_or(&cell.text);
                let fill = " ".repeat(widths[column].saturating_sub(text::width(shown)));
                let painted = cell.style.paint(shown, coloured);
                let is_last = column + 1 == cells.len();
                line += &match (to_right[column], is_last) {
                    (true, true) => format!("{fill}{painted}"),
                    (true, false) => format!("{fill}{painted}{:GAP$}", ""),
                    (false, true) => painted,
                    (false, false) => format!("{painted}{fill}{:GAP$}", ""),
                };
            }
            lines.push(line.trim_end().to_owned());
            while let Some(more) = rest.pop() {
                let style = cells[last].style;
                lines.push(format!("{:before$}{}", "", style.paint(&more, coloured)));
            }
        }
        lines
    }

    fn column(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().filter_map(move |row| row.cells.get(column))
    }

    fn width_of(&self, column: usize) -> usize {
        self.column(column)
            .chain(&self.head[column..=column])
            .map(|cell| text::width(&cell.text))
            .max()
            .unwrap_or(0)
    }

    fn is_numbers(&self, column: usize) -> bool {
        let is_number =
            |cell: &Cell| cell.text.is_empty() || cell.text.starts_with(|c: char| c.is_ascii_digit());
        self.column(column).all(is_number) && self.column(column).any(|cell| !cell.text.is_empty())
    }
}

impl Row {
    /// Adds a cell.
    pub fn with(&mut self, cell: impl Into<Cell>) -> &mut Row {
        self.cells.push(cell.into());
        self
    }

    /// Adds a cell that shows something wanted.
    pub fn good(&mut self, cell: impl Into<Cell>) -> &mut Row {
        self.with(Cell { style: Style::Good, ..cell.into() })
    }

    /// Adds a cell that shows something gone wrong, be it on purpose.
    pub fn bad(&mut self, cell: impl Into<Cell>) -> &mut Row {
        self.with(Cell { style: Style::Bad, ..cell.into() })
    }

    /// Adds a cell of little weight.
    pub fn dim(&mut self, cell: impl Into<Cell>) -> &mut Row {
        self.with(Cell { style: Style::Dim, ..cell.into() })
    }

    /// [`good`](Self::good) if it is, else [`bad`](Self::bad).
    pub fn mark(&mut self, is_good: bool, cell: impl Into<Cell>) -> &mut Row {
        if is_good { self.good(cell) } else { self.bad(cell) }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell { text: text.to_owned(), style: Style::Plain }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, style: Style::Plain }
    }
}

impl From<Duration> for Cell {
    fn from(span: Duration) -> Cell {
        text::duration(span).into()
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Cell {
        text::count(n).into()
    }
}
