//! What must hold at the end of a story.

use std::collections::BTreeSet;
use std::fs;

use demo::download::record::{Outcome, Record};
use demo::trace::check::check;
use demo::trace::replay::Machine;
use sha2::{Digest, Sha256};

use super::scenario::File;
use super::{Run, Story};

/// The SHA-256 of the only version of a file, in hex.
pub(super) fn sum(file: &File) -> String {
    Sha256::digest(file.content(1)).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Story {
    /// After the first run, on the bad network.
    pub(super) fn judge(&self, run: &Run) {
        self.judge_log(run);
        let names = self.names();
        for file in &self.scenario.files {
            self.judge_file(file, run.records.as_deref());
            self.judge_part(file, run.records.as_deref());
        }
        let known = |name: &String| {
            let plain = name.trim_start_matches('.').trim_end_matches(".part").trim_end_matches(".resume");
            self.scenario.files.iter().any(|file| file.name == plain)
        };
        let strange: Vec<_> = names.iter().filter(|name| !known(name)).collect();
        assert!(strange.is_empty(), "these are left: {strange:?}");
        self.judge_success(run);
    }

    /// After the next run, on a calm one: all is there, and nothing else.
    pub(super) fn judge_next(&self, run: &Run) {
        self.judge_log(run);
        let records = run.records.as_deref().expect("nobody has pressed Ctrl-C");
        for record in records {
            assert_eq!(record.result, Outcome::Done, "the next run: {:?}", record.error);
        }
        for file in &self.scenario.files {
            let bytes = fs::read(self.downloads().join(&file.name)).expect("it was downloaded");
            assert!(bytes == file.now(), "{}: after the next run it is not what the server has", file.name);
        }
        let wanted: BTreeSet<_> = self.scenario.files.iter().map(|file| file.name.clone()).collect();
        assert_eq!(self.names(), wanted, "after the next run");
    }

    fn names(&self) -> BTreeSet<String> {
        let Ok(entries) = fs::read_dir(self.downloads()) else { return BTreeSet::new() };
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// The rules of the loop, and that it was left empty.
    fn judge_log(&self, run: &Run) {
        assert!(!run.log.header.cut, "the log is too long");
        check(&run.log).unwrap_or_else(|untrue| panic!("the trace: {untrue}"));
        let machine = Machine::after(&run.log.events);
        let left = (machine.timers.len(), machine.sources.len(), machine.jobs.len(), machine.spans.len());
        assert_eq!(left, (0, 0, 0, 0), "timers, sources, jobs and spans that are left");
    }

    /// Whole and of one version, or not there, with a reason.
    fn judge_file(&self, file: &File, records: Option<&[Record]>) {
        let name = &file.name;
        let there = fs::read(self.downloads().join(name)).ok();
        if let Some(bytes) = &there {
            let version = file.version_of(bytes);
            assert!(version.is_some(), "{name}: {} bytes that the server never had", bytes.len());
        }
        let Some(records) = records else { return };
        let record = of(records, file);
        match record.result {
            Outcome::Done => assert!(there.is_some(), "{name} is said to be there, and is not"),
            Outcome::Failed => {
                assert!(there.is_none(), "{name} is there, though it failed: {:?}", record.error);
                let why = record.error.as_deref().unwrap_or_default();
                let names_it =
                    why.contains(".test") || why.contains(name) || why.starts_with("the file has ");
                let names_it = names_it || why.starts_with("its SHA-256 is ");
                assert!(names_it && !why.contains('\n'), "{name}: not an error that says why: {why:?}");
            }
            Outcome::Stopped => panic!("{name} was stopped by nobody"),
        }
    }

    /// The part for the next run, if there is one.
    fn judge_part(&self, file: &File, records: Option<&[Record]>) {
        let hidden = |ending: &str| fs::read(self.downloads().join(format!(".{}.{ending}", file.name))).ok();
        let (part, ticket) = (hidden("part"), hidden("resume"));
        let kept = part.as_ref().map_or(0, Vec::len);
        if let Some(records) = records {
            assert_eq!(of(records, file).kept, kept as u64, "{}: the bytes that are kept", file.name);
        }
        assert_eq!(
            part.is_some(),
            ticket.is_some(),
            "{}: a part without a ticket, or the other way round",
            file.name
        );
        let (Some(part), Some(ticket)) = (part, ticket) else { return };
        assert!(self.scenario.keeps, "{}: a part is kept that nobody wants", file.name);
        assert!(!part.is_empty(), "{}: an empty part is kept", file.name);
        let ticket: serde_json::Value = serde_json::from_slice(&ticket).expect("a ticket is JSON");
        let validator = ticket["validator"].as_str().expect("a ticket has a validator");
        let version =
            (1..=file.version.get()).find(|&version| file.strong(version).as_deref() == Some(validator));
        let version = version.unwrap_or_else(|| panic!("{}: no version is called {validator}", file.name));
        assert!(file.content(version).starts_with(&part), "{}: the part is not of {validator}", file.name);
    }

    /// Where nothing went wrong, or no more than the retries make up for, all is there.
    fn judge_success(&self, run: &Run) {
        let Some(records) = &run.records else { return };
        let cost = self.server.happened().iter().map(|happened| happened.cost).sum::<Option<usize>>();
        if cost.is_some_and(|cost| cost <= self.scenario.retries as usize) {
            for record in records {
                assert!(record.result == Outcome::Done, "it had to come, but: {:?}", record.error);
            }
        }
    }
}

fn of<'a>(records: &'a [Record], file: &File) -> &'a Record {
    records.iter().find(|record| record.url == file.url()).expect("each file has a record")
}
