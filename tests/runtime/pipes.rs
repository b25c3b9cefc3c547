//! Pipes, and child processes at the other end of them.

use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::pipe::{self, Receiver, Sender};
use runtime::process::wait;
use runtime::{spawn, timeout, yield_now};

use crate::net::{both, noise};
use crate::support::run_in_turn;

fn start(program: &str, args: &[&str]) -> Child {
    Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn pipes(child: &mut Child) -> (Sender, Receiver, Receiver) {
    (
        Sender::new(child.stdin.take().unwrap()).unwrap(),
        Receiver::new(child.stdout.take().unwrap()).unwrap(),
        Receiver::new(child.stderr.take().unwrap()).unwrap(),
    )
}

#[test]
fn a_pipe_holds_the_writer_back_and_loses_nothing() {
    run_in_turn(async || {
        let (mut sender, mut receiver) = pipe::new().unwrap();
        let sent = noise(3_000_000);
        let expected = sent.clone();
        let writer = spawn(async move { sender.write_all(&sent).await });
        for _ in 0..100 {
            yield_now().await;
        }
        assert!(!writer.is_finished(), "nobody has read, and a pipe does not hold so much");
        let mut heard = Vec::new();
        receiver.read_to_end(&mut heard).await.unwrap(); // the end: the writer was dropped with its task
        assert!(heard == expected);
        writer.await.unwrap().unwrap();
    });
}

#[test]
fn small_pieces_pass_a_pipe_in_step() {
    run_in_turn(async || {
        let (mut sender, mut receiver) = pipe::new().unwrap();
        let (mut back, mut front) = pipe::new().unwrap();
        let echo = spawn(async move {
            let mut buf = [0; 64];
            while let n @ 1.. = receiver.read(&mut buf).await.unwrap() {
                back.write_all(&buf[..n]).await.unwrap();
            }
        });
        let mut buf = [0; 64];
        for n in 0..1000u32 {
            sender.write_all(&n.to_le_bytes()).await.unwrap();
            front.read_exact(&mut buf[..4]).await.unwrap();
            assert_eq!(buf[..4], n.to_le_bytes());
        }
        drop(sender);
        assert_eq!(front.read(&mut buf).await.unwrap(), 0);
        echo.await.unwrap();
    });
}

#[test]
fn trap_27_data_and_the_end_that_come_as_one_edge_are_both_read() {
    run_in_turn(async || {
        let (mut sender, mut receiver) = pipe::new().unwrap();
        let reader = spawn(async move {
            let mut buf = [0; 1024];
            (receiver.read(&mut buf).await.unwrap(), receiver.read(&mut buf).await.unwrap())
        });
        yield_now().await;
        sender.write_all(b"hello").await.unwrap();
        sender.close().await.unwrap();
        assert_eq!(reader.await.unwrap(), (5, 0));
        let closed = sender.write_all(b"more").await.unwrap_err();
        assert_eq!(closed.kind(), ErrorKind::BrokenPipe);
        sender.flush().await.unwrap();
        sender.close().await.unwrap();
    });
}

#[test]
fn a_writer_that_waits_hears_that_the_reader_is_gone() {
    run_in_turn(async || {
        let (mut sender, receiver) = pipe::new().unwrap();
        let writer = spawn(async move { sender.write_all(&vec![0; 1_000_000]).await });
        yield_now().await;
        assert!(!writer.is_finished());
        drop(receiver);
        assert_eq!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_child_echoes_ten_megabytes_while_they_are_written() {
    run_in_turn(async || {
        let mut cat = start("cat", &[]);
        let (mut stdin, mut stdout, _) = pipes(&mut cat);
        let sent = noise(10 * 1024 * 1024);
        let mut heard = Vec::new();
        let write = async {
            stdin.write_all(&sent).await.unwrap();
            stdin.close().await.unwrap();
        };
        let read = async { assert!(stdout.read_to_end(&mut heard).await.unwrap() > 0) };
        both(write, read).await;
        assert!(heard == sent);
        assert!(wait(&mut cat).await.unwrap().success());
    });
}

#[test]
fn output_errors_and_the_exit_code_of_a_child_are_told_apart() {
    run_in_turn(async || {
        let mut child = start("sh", &["-c", "echo fine; echo broken >&2; exit 3"]);
        let (_stdin, mut stdout, mut stderr) = pipes(&mut child);
        let (mut out, mut err) = (String::new(), String::new());
        stdout.read_to_string(&mut out).await.unwrap();
        stderr.read_to_string(&mut err).await.unwrap();
        assert_eq!((&*out, &*err), ("fine\n", "broken\n"));
        assert_eq!(wait(&mut child).await.unwrap().code(), Some(3));
        // Once more says the same.
        assert_eq!(wait(&mut child).await.unwrap().code(), Some(3));
    });
}

#[test]
fn waiting_closes_the_input_of_a_child_that_would_wait_for_it() {
    run_in_turn(async || {
        let mut cat = start("cat", &[]);
        assert!(wait(&mut cat).await.unwrap().success());
    });
}

#[test]
fn a_wait_can_be_given_up_and_the_child_killed() {
    run_in_turn(async || {
        let mut child = start("sleep", &["3600"]);
        let start = Instant::now();
        assert!(timeout(Duration::from_millis(10), wait(&mut child)).await.is_err());
        child.kill().unwrap();
        assert!(!wait(&mut child).await.unwrap().success());
        assert!(start.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn the_loop_goes_on_while_a_child_is_waited_for_and_the_dump_tells() {
    run_in_turn(async || {
        let mut child = start("cat", &[]);
        let stdin = child.stdin.take();
        let waiting = spawn(async move { wait(&mut child).await.unwrap() });
        yield_now().await;
        let dump = runtime::dump().to_string();
        assert!(dump.contains(&format!("waits for a child process to end, at {}:", file!())), "{dump}");
        drop(stdin);
        assert!(waiting.await.unwrap().success());
    });
}
