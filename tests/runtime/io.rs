//! Reading, writing, copying, and lines, over streams made up for it: every piece comes and goes as the test says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use runtime::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy};
use runtime::{spawn, yield_now};

use crate::everywhere::everywhere;

/// Gives these pieces, one a read, with a wait before each; then the end, or nothing any more.
struct Pieces {
    left: VecDeque<Vec<u8>>,
    waited: bool,
    ends: bool,
}

impl Pieces {
    fn new<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let left = pieces.into_iter().map(|piece| piece.as_ref().to_vec()).collect();
        Pieces { left, waited: false, ends: true }
    }

    fn endless<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        Pieces { ends: false, ..Pieces::new(pieces) }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        assert!(!buf.is_empty(), "nobody should ask for nothing");
        if self.left.is_empty() && !self.ends {
            return Poll::Pending;
        }
        self.waited = !self.waited;
        if self.waited {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(piece) = self.left.front_mut() else { return Poll::Ready(Ok(0)) };
        let n = piece.len().min(buf.len());
        buf[..n].copy_from_slice(&piece[..n]);
        piece.drain(..n);
        if piece.is_empty() {
            self.left.pop_front();
        }
        Poll::Ready(Ok(n))
    }
}

/// Takes `room` bytes at most until it gets more room, and keeps them back until it is flushed.
#[derive(Default)]
struct Sink {
    room: Cell<usize>,
    kept_back: RefCell<Vec<u8>>,
    out: RefCell<Vec<u8>>,
    waker: RefCell<Option<Waker>>,
}

impl AsyncWrite for &Sink {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let n = self.room.get().min(buf.len()).min(3);
        if n == 0 && !buf.is_empty() {
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        self.room.set(self.room.get() - n);
        self.kept_back.borrow_mut().extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.out.borrow_mut().append(&mut self.kept_back.borrow_mut());
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// Takes nothing, ever.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The future polled once, with a waker that does nothing.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = std::pin::pin!(future);
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn reading_to_the_end_joins_the_pieces_behind_what_was_there() {
    everywhere(|| async {
        let mut all = b"0".to_vec();
        let n = Pieces::new(["1", "23", "456"]).read_to_end(&mut all).await.unwrap();
        assert_eq!((n, &all[..]), (6, &b"0123456"[..]));
    });
}

#[test]
fn reading_exactly_takes_no_more_and_says_what_was_missing() {
    everywhere(|| async {
        let mut reader = Pieces::new(["12", "345", "6"]);
        let mut buf = [0; 4];
        reader.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"1234");
        let short = reader.read_exact(&mut buf).await.unwrap_err();
        assert_eq!(short.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(short.to_string(), "the stream ended after 2 of 4 bytes");
        reader.read_exact(&mut []).await.unwrap();
    });
}

#[test]
fn text_may_be_cut_within_a_character() {
    everywhere(|| async {
        let mut text = String::from("> ");
        let n = Pieces::new([&b"h\xc3"[..], b"\xb6chst"]).read_to_string(&mut text).await.unwrap();
        assert_eq!((n, &*text), (7, "> höchst"));
    });
}

#[test]
fn what_is_no_text_leaves_the_string_as_it_was() {
    everywhere(|| async {
        let mut text = String::from("before");
        let error = Pieces::new([&b"good\xff"[..]]).read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &*text), (ErrorKind::InvalidData, "before"));
    });
}

#[test]
fn a_reader_that_is_bounded_ends_there_and_does_not_ask_for_more() {
    everywhere(|| async {
        let mut reader = Pieces::endless(["12", "345"]);
        let mut all = Vec::new();
        (&mut reader).take(4).read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"1234");
        let mut short = Pieces::new(["12"]).take(u64::MAX);
        short.read_to_end(&mut all).await.unwrap();
        assert_eq!((&all[..], short.left()), (&b"123412"[..], u64::MAX - 2));
    });
}

#[test]
fn a_sink_that_takes_no_more_is_an_error() {
    everywhere(|| async {
        assert_eq!(Full.write_all(b"x").await.unwrap_err().kind(), ErrorKind::WriteZero);
        let copied = copy(&mut &b"x"[..], &mut Full).await;
        assert_eq!(copied.unwrap_err().kind(), ErrorKind::WriteZero);
        Full.write_all(b"").await.unwrap();
    });
}

#[test]
fn copying_keeps_order_counts_and_flushes() {
    everywhere(|| async {
        let sink = Sink { room: Cell::new(usize::MAX), ..Sink::default() };
        let sent: Vec<u8> = (0..50_000u32).map(|n| n as u8).collect();
        let copied = copy(&mut Pieces::new(sent.chunks(777)), &mut &sink).await.unwrap();
        assert_eq!(copied, 50_000);
        assert!(*sink.out.borrow() == sent);
        assert_eq!(copy(&mut &b""[..], &mut &sink).await.unwrap(), 0);

        let sink = Sink { room: Cell::new(usize::MAX), ..Sink::default() };
        copy(&mut &b"never waited for"[..], &mut &sink).await.unwrap();
        assert_eq!(*sink.out.borrow(), b"never waited for");
    });
}

#[test]
fn copying_flushes_before_it_waits_for_more() {
    everywhere(|| async {
        let sink = Rc::new(Sink { room: Cell::new(usize::MAX), ..Sink::default() });
        let copying = {
            let sink = sink.clone();
            spawn(async move { copy(&mut Pieces::endless(["question"]), &mut &*sink).await })
        };
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(*sink.out.borrow(), b"question");
        copying.abort();
    });
}

#[test]
fn copying_reads_no_further_while_the_writer_is_full() {
    everywhere(|| async {
        let read = Rc::new(Cell::new(0));
        struct Endless(Rc<Cell<usize>>);
        impl AsyncRead for Endless {
            fn poll_read(&mut self, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                self.0.set(self.0.get() + buf.len());
                Poll::Ready(Ok(buf.len()))
            }
        }
        let sink = Rc::new(Sink { room: Cell::new(10), ..Sink::default() });
        let copying = {
            let (read, sink) = (read.clone(), sink.clone());
            spawn(async move { copy(&mut Endless(read), &mut &*sink).await })
        };
        for _ in 0..10 {
            yield_now().await;
        }
        let piece = read.get();
        assert!(piece <= 64 * 1024, "{piece} bytes were read, and the sink took 10");
        sink.room.set(piece); // ten bytes into the next piece
        sink.waker.take().unwrap().wake();
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(read.get(), 2 * piece);
        copying.abort();
    });
}

#[test]
fn lines_are_found_however_they_were_cut() {
    everywhere(|| async {
        let text = "one\n\ntwo\r\nthree and a longer one\nlast";
        for size in [1, 2, 3, 7, 100] {
            let mut reader = BufReader::new(Pieces::new(text.as_bytes().chunks(size)));
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                let n = reader.read_line(&mut line).await.unwrap();
                assert_eq!(n, line.len());
                if n == 0 {
                    break;
                }
                lines.push(line);
            }
            assert_eq!(lines, ["one\n", "\n", "two\r\n", "three and a longer one\n", "last"]);
        }
    });
}

#[test]
fn what_comes_after_a_line_is_read_next_be_it_ahead_or_not() {
    everywhere(|| async {
        let mut reader = BufReader::new(Pieces::new(["head\nbo", "dy", "rest"]));
        let mut head = b"> ".to_vec();
        assert_eq!(reader.read_until(b'\n', &mut head).await.unwrap(), 5);
        assert_eq!(head, b"> head\n");
        assert_eq!(reader.ahead(), b"bo");
        let mut body = [0; 4];
        reader.read_exact(&mut body).await.unwrap();
        assert_eq!(&body, b"body");
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"rest");
        assert_eq!(reader.read(&mut []).await.unwrap(), 0);
    });
}

#[test]
fn a_line_beyond_the_limit_is_an_error_that_loses_nothing() {
    everywhere(|| async {
        for (text, limit) in [("12345678\n", 8), ("123456789", 8), ("x", 0)] {
            let mut reader = BufReader::new(Pieces::new(text.as_bytes().chunks(3))).limit(limit);
            let mut line = String::new();
            for _ in 0..2 {
                let error = reader.read_line(&mut line).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidData);
                assert_eq!(error.to_string(), format!("no '\\n' within {} bytes", limit.max(1)));
            }
            let mut all = String::new();
            reader.read_to_string(&mut all).await.unwrap();
            assert_eq!((&*line, &*all), ("", text));
        }
        let mut fits = BufReader::new(&b"1234567\nx"[..]).limit(8);
        assert_eq!(fits.read_line(&mut String::new()).await.unwrap(), 8);
    });
}

#[test]
fn who_never_ends_a_line_cannot_fill_the_memory() {
    everywhere(|| async {
        struct Endless;
        impl AsyncRead for Endless {
            fn poll_read(&mut self, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                buf.fill(b'x');
                Poll::Ready(Ok(buf.len()))
            }
        }
        let mut reader = BufReader::new(Endless);
        assert!(reader.read_line(&mut String::new()).await.is_err());
        assert!(reader.ahead().len() <= 128 * 1024);
    });
}

#[test]
fn reading_a_line_may_be_given_up_and_begun_again() {
    let mut reader = BufReader::new(Pieces::new(["he", "llo\nwo", "rld\n"]));
    let mut line = String::new();
    // Each poll is a future of its own, dropped after it.
    let mut polls = 0;
    while line.len() < 12 {
        polls += 1;
        let _ = poll_once(reader.read_line(&mut line));
    }
    assert_eq!(line, "hello\nworld\n");
    assert!(polls > 2);
}

#[test]
fn reading_into_nothing_waits_for_nothing() {
    everywhere(|| async {
        let mut reader = BufReader::new(Pieces::endless(["x"; 0]));
        assert_eq!(reader.read(&mut []).await.unwrap(), 0);
        assert_eq!(reader.take(0).read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn a_buffered_socket_is_written_through() {
    everywhere(|| async {
        /// Reads from the one, writes to the other.
        struct Both<'a>(&'a [u8], &'a Sink);
        impl AsyncRead for Both<'_> {
            fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                self.0.poll_read(cx, buf)
            }
        }
        impl AsyncWrite for Both<'_> {
            fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.1.poll_write(cx, buf)
            }
            fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.1.poll_flush(cx)
            }
            fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.1.poll_close(cx)
            }
        }
        let sink = Sink { room: Cell::new(100), ..Sink::default() };
        let mut both = BufReader::new(Both(b"q\n", &sink));
        both.read_line(&mut String::new()).await.unwrap();
        both.write_all(b"answer").await.unwrap();
        assert_eq!(*sink.kept_back.borrow(), b"answer");
        both.close().await.unwrap();
        assert_eq!(*sink.out.borrow(), b"answer");
        assert_eq!(both.get_ref().0, b"");
    });
}

#[test]
fn readers_and_writers_may_be_trait_objects() {
    everywhere(|| async {
        let mut reader: Box<dyn AsyncRead> = Box::new(&b"through boxes"[..]);
        let mut sink = Vec::new();
        let writer: &mut dyn AsyncWrite = &mut sink;
        assert_eq!(copy(&mut reader, writer).await.unwrap(), 13);
        assert_eq!(sink, b"through boxes");
    });
}

#[cfg(unix)]
#[test]
fn a_wait_within_a_stream_over_a_stream_is_labelled_with_the_place_of_the_call() {
    use runtime::net::pipe::{self, Receiver};

    /// As TLS is one.
    struct Over(Receiver);
    impl AsyncRead for Over {
        fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
            self.0.poll_read(cx, buf)
        }
    }
    runtime::block_on(async {
        let (_open, a) = pipe::new().unwrap();
        let (_open, b) = pipe::new().unwrap();
        let lines = [line!() + 1, line!() + 2].map(|line| format!("{}:{line}:", file!()));
        let lines_of = spawn(async { BufReader::new(Over(a)).read_line(&mut String::new()).await });
        let all_of = spawn(async { Over(b).read_to_end(&mut Vec::new()).await });
        yield_now().await;
        let dump = runtime::dump().to_string();
        for line in lines {
            assert!(dump.contains(&format!("to become readable, at {line}")), "{line} is not in\n{dump}");
        }
        lines_of.abort();
        all_of.abort();
    });
}
