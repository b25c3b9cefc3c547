//! A Chromium that does what a test tells it, through the DevTools protocol.
//!
//! The protocol comes over a pipe (`--remote-debugging-pipe`): JSON, with a zero byte after each message, in at the file
//! descriptor 3 and out at 4. So there is no port to be found and no WebSocket to be spoken. That a process gets descriptors
//! other than the usual three takes `unsafe` in Rust, and a redirection in the shell: hence the `sh`.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use demo::trace::{Log, html};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::skip;

/// How long the browser may take for anything. On a busy machine its start alone may take ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser at a time: it has many processes of its own, and some of the tests measure it.
static ONE: Mutex<()> = Mutex::new(());

/// A browser with one page. It ends when this is dropped.
pub(crate) struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    /// The number of the last command.
    last: u64,
    /// The page, as the protocol names it.
    session: String,
    /// What the page has complained of: uncaught errors, and errors on its console.
    complaints: Vec<String>,
    /// What else has happened and nobody has asked for yet.
    events: VecDeque<Value>,
    /// For the profile, and for the pages.
    folder: TempDir,
    _only: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one; `None`, with a message, if none is installed.
    pub(crate) fn start() -> Option<Browser> {
        let chromium = skip::find("chromium")?;
        let only = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("profile");
        fs::create_dir(&profile).unwrap();
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(["--window-size=1280,800", "--remote-debugging-pipe", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = process.stdin.take().unwrap();
        let from = listen(BufReader::new(process.stdout.take().unwrap()));
        let mut browser = Browser {
            process,
            to,
            from,
            last: 0,
            session: String::new(),
            complaints: Vec::new(),
            events: VecDeque::new(),
            folder,
            _only: only,
        };
        let target = browser.command("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session =
            browser.command("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log"] {
            browser.command(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens the player with a log, and waits until it is ready. Gives how long that took.
    pub(crate) fn open(&mut self, log: &Log) -> Duration {
        let mut page = Vec::new();
        html::write(log, &mut page).unwrap();
        let took = self.open_page(&page, "");
        let ready = self.eval("roundabout.ready || byId('empty-why').textContent");
        assert_eq!(ready, true, "{:?}", self.complaints);
        took
    }

    /// Opens a page with this text. `fragment`: "" or "#…".
    pub(crate) fn open_page(&mut self, page: &[u8], fragment: &str) -> Duration {
        let file = self.folder.path().join(format!("page{}.html", self.last));
        fs::write(&file, page).unwrap();
        self.open_file(&file, fragment)
    }

    /// Opens a file.
    pub(crate) fn open_file(&mut self, file: &Path, fragment: &str) -> Duration {
        self.events.clear();
        let start = Instant::now();
        self.command("Page.navigate", json!({"url": format!("file://{}{fragment}", file.display())}));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let message = self.hear();
            self.take(message);
        }
        start.elapsed()
    }

    /// What the expression gives; a promise is waited for.
    ///
    /// # Panics
    /// If it throws.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.command("Runtime.evaluate", ask);
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {}", thrown["exception"]["description"]);
        answer["result"]["value"].clone()
    }

    /// Presses a key, by the name that browsers have for it ("ArrowRight", "a").
    pub(crate) fn press(&mut self, key: &str) {
        self.press_with(key, false);
    }

    /// Presses a key together with Shift.
    pub(crate) fn press_shift(&mut self, key: &str) {
        self.press_with(key, true);
    }

    fn press_with(&mut self, key: &str, shift: bool) {
        let mut down = json!({"type": "keyDown", "key": key, "modifiers": if shift { 8 } else { 0 }});
        match key {
            "Enter" => down["text"] = json!("\r"),
            _ if key.chars().count() == 1 => down["text"] = json!(key),
            _ => {}
        }
        self.command("Input.dispatchKeyEvent", down);
        self.command("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key}));
    }

    /// Presses the mouse at one place of the page, moves it to another, and lets go.
    pub(crate) fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        let mouse = |kind: &str, (x, y): (f64, f64)| json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
        self.command("Input.dispatchMouseEvent", mouse("mousePressed", from));
        if from != to {
            self.command("Input.dispatchMouseEvent", mouse("mouseMoved", to));
        }
        self.command("Input.dispatchMouseEvent", mouse("mouseReleased", to));
    }

    /// Turns the wheel at a place of the page; below zero is away from oneself.
    pub(crate) fn wheel(&mut self, (x, y): (f64, f64), by: f64) {
        let wheel = json!({"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by});
        self.command("Input.dispatchMouseEvent", wheel);
    }

    /// Waits until the expression is true.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let start = Instant::now();
        while self.eval(expression) != true {
            assert!(start.elapsed() < PATIENCE, "this did not become true: {expression}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the page has complained of since this was last asked.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.eval("0"); // all that came before the answer has been heard
        self.complaints.drain(..).collect()
    }

    /// Sends a command to the page, or, before there is one, to the browser, and gives its result.
    fn command(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut message = self.hear();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.take(message);
        }
    }

    fn hear(&self) -> Value {
        self.from.recv_timeout(PATIENCE).expect("the browser answers")
    }

    /// Something that has happened.
    fn take(&mut self, event: Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(params["exceptionDetails"]["exception"]["description"].to_string());
            }
            Some("Runtime.consoleAPICalled") if params["type"] != "log" => {
                self.complaints.push(params["args"].to_string());
            }
            Some("Log.entryAdded") => self.complaints.push(params["entry"]["text"].to_string()),
            _ => self.events.push_back(event),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        // It closes its end of the pipe as it goes; if it does not, it is made to.
        while self.from.recv_timeout(Duration::from_secs(5)).is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the messages on a thread of its own, so that waiting for one has an end.
fn listen(mut from: impl BufRead + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut message = Vec::new();
        while from.read_until(0, &mut message).is_ok_and(|read| read > 0) {
            message.pop();
            if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                return;
            }
            message.clear();
        }
    });
    receiver
}
