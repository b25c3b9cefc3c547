//! The lecture's program: ten files at once. The Python text and ours line by line, and then it runs.
//!
//! Then one of the ten is not there. Both ways to go on are shown: the first error ends it all, or every result counts.

use self::program::{FILES, Failing, Ten};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

mod folder;
pub mod program;

/// Lines of the two programs that say the same: of the Python one in the README, and of `demo/examples/lecture.rs`.
pub const LINES: &[(&[&str], &[&str])] = &[
    (
        &["async def download(session, url, name):"],
        &["async fn download(client: &Client, url: String, name: String) -> Done {"],
    ),
    (
        &["async with session.get(url) as response:", "response.raise_for_status()"],
        &["let response = client.get(&url).send().await?.error_for_status()?;"],
    ),
    (&["data = await response.read()"], &["let bytes = response.bytes().await?;"]),
    (
        &["await asyncio.to_thread(save, name, data)"],
        &["spawn_blocking(move || std::fs::write(path, bytes)).await??;"],
    ),
    (&["async with aiohttp.ClientSession() as session:"], &["let client = Client::new();"]),
    (
        &["download(session, f\"{host}/{name}\", name)"],
        &["download(&client, format!(\"{host}/{name}\"), name)"],
    ),
    (&["await asyncio.gather(*("], &["join_all(ten).await.into_iter().collect()"]),
    (&["asyncio.run(main(sys.argv[1]))"], &["runtime::block_on(async {"]),
];

/// What the lesson measures.
#[derive(Debug)]
pub struct Download {
    /// Ten files at once.
    pub ten: Ten,
    /// With one that is missing, until the first error.
    pub first_error: Failing,
    /// The same, to the end.
    pub all_results: Failing,
}

/// Downloads three times.
///
/// # Errors
/// If the OS does not give what a loop, a server or a folder needs.
pub fn measure(stage: &Stage) -> Outcome<Download> {
    let ten = program::ten(stage)?;
    let [first_error, all_results] = program::failing(stage)?;
    Ok(Download { ten, first_error, all_results })
}

impl Measured for Download {
    fn show(&self, stage: &Stage) {
        let mut table = Table::new(["", ""]);
        for (python, rust) in LINES {
            for line in *python {
                table.row("py").dim(*line);
            }
            for line in *rust {
                table.row("rs").with(*line);
            }
        }
        stage.table(&table);
        stage.line("");
        let Ten { files, bytes, together, slowest, summed } = &self.ten;
        let mut table = Table::new([format!("{files} files, {}", text::bytes(*bytes)).as_str(), ""]);
        table.row("at once, on one thread").with(*together);
        table.row("the slowest of them").with(*slowest);
        table.row("one after the other, summed up").with(*summed);
        stage.table(&table);
        stage.line("");
        let mut table = Table::new(["one file is missing", "took", "saved", "errors"]);
        for (name, run) in [("try_join_all", &self.first_error), ("gather", &self.all_results)] {
            let row = table.row(name).with(run.took).with(run.files as u64);
            row.with(run.errors.join("; "));
        }
        stage.table(&table);
        stage.line("");
        stage.prose("The files went into a temporary folder, which is removed again.");
    }

    fn verdict(&self) -> Verdict {
        let Ten { files, together, slowest, summed, .. } = &self.ten;
        let (first, all) = (&self.first_error, &self.all_results);
        let errors = |run: &Failing| run.errors.len() == 1 && run.errors[0].contains("missing.txt");
        let times = summed.as_secs_f64() / together.as_secs_f64();
        Verdict::seen(format!(
            "{files} files took {} at once, {times:.1} times less than in turn",
            text::duration(*together)
        ))
        .needs(*files == FILES, format!("only {files} of {FILES} files came"))
        .needs(
            times > 2.0,
            format!("at once they took {}, hardly less than in turn", text::duration(*together)),
        )
        .needs(*together < *slowest * 2, "all at once took much longer than the slowest")
        .needs(errors(first) && first.files < FILES - 1, "the first error did not end the others")
        .needs(errors(all) && all.files == FILES - 1, "not every result was kept")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "download",
    about: "the lecture's program: ten files at once",
    claim: "With async and await ten downloads wait at the same time, on one thread: all take as long as the slowest, \
            and the program reads as if they came one by one.",
    runs: "The lecture's program, in Rust; what aiohttp does there, the small HTTP client of this project does here. Ten \
           files of the server inside, each at its own pace; then ten of which one is missing, once until the first \
           error and once to the end. Below, lines of the two programs that do the same, Python's first.",
    look: "The lines: an await stands in the same places. What differs is `?`, as errors are values here. And the two \
           ways to fail: `try_join_all` drops the others at the first error, `gather` keeps every result. (asyncio's \
           gather knows a third: it gives the first error, and the others run on unseen.)",
    read: &[
        ("demo/examples/lecture.rs", "the whole program"),
        ("runtime/src/futures/join_all.rs", "JoinAll::poll; try_join_all.rs and gather.rs beside it"),
        ("runtime/src/futures/engine.rs", "why ten wakes are ten polls, and not a hundred"),
        ("http-client/src/client.rs", "Client: aiohttp's ClientSession, in short"),
    ],
    try_this: "Both programs against one server. In one terminal, in the folder of this project:\n    \
                   target/release/demo serve --port 8000\n\
               While that runs, in a second one, there too (which is where file1.txt to file10.txt go):\n    \
                   cargo run -p demo --example lecture http://127.0.0.1:8000\n\
               And then, with aiohttp installed and the README's Python text in lecture.py:\n    \
                   python3 lecture.py http://127.0.0.1:8000",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};
