//! Forms that those who come from asyncio or tokio look for: a handle that only aborts; a set of futures that grows;
//! single tries of reads and writes; folders; what becomes of a task that another thread has sent; a lock that is owned.

use std::cell::Cell;
use std::io::ErrorKind;
use std::io::Write as _;
use std::rc::Rc;
use std::sync::mpsc;

use runtime::fs;
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::TcpStream;
use runtime::sync::{Closed, Mutex, oneshot};
use runtime::{
    AbortHandle, Builder, Handle, JoinError, OnStall, as_completed, block_on, join, race, spawn,
    spawn_blocking, yield_now,
};

use crate::everywhere::everywhere;
use crate::support::leaves::on_drop;
use crate::support::streams::{own_pair, pair};
use crate::support::wakers::Counting;
use crate::support::{bounded, panics, run, run_in_turn};

#[test]
fn an_abort_handle_aborts_while_the_join_handle_is_awaited() {
    everywhere(async || {
        let dropped = Rc::new(Cell::new(false));
        let tell = dropped.clone();
        let told = on_drop(move || tell.set(true));
        let task = spawn(async move {
            std::future::pending::<()>().await;
            drop(told);
        });
        let (stop, other) = (task.abort_handle(), task.abort_handle().clone());
        assert_eq!((stop.id(), other.id()), (task.id(), task.id()));
        let waiter = spawn(task);
        yield_now().await;
        assert!(!stop.is_finished() && !other.is_finished());
        stop.abort();
        let ended = waiter.await.unwrap();
        assert!(matches!(ended, Err(JoinError::Cancelled)));
        assert!(dropped.get() && stop.is_finished() && other.is_finished());
        other.abort();
    });
}

#[test]
fn an_abort_handle_keeps_no_output_alive() {
    everywhere(async || {
        let output = Rc::new(());
        let given = output.clone();
        let task = spawn(async move { given });
        let stop = task.abort_handle();
        assert_eq!(Rc::strong_count(&task.await.unwrap()), 2);
        assert_eq!(Rc::strong_count(&output), 1);

        let given = output.clone();
        let detached = spawn(async move { given });
        let late = detached.abort_handle();
        drop(detached);
        while !late.is_finished() {
            yield_now().await;
        }
        assert_eq!(Rc::strong_count(&output), 1);
        assert!(stop.is_finished());
    });
}

#[test]
fn trap_05_an_old_abort_handle_aborts_no_later_task() {
    everywhere(async || {
        let first = spawn(async {});
        let old = first.abort_handle();
        first.await.unwrap();
        let second = spawn(async {
            yield_now().await;
            "done"
        });
        assert_eq!(second.id().key(), old.id().key(), "the place is used again");
        old.abort();
        assert!(old.is_finished() && !second.abort_handle().is_finished());
        assert_eq!(second.await.unwrap(), "done");
    });
}

#[test]
fn an_abort_handle_that_outlives_its_loop_does_nothing() {
    let (stop, join_handle): (AbortHandle, _) = block_on(async {
        let task = spawn(std::future::pending::<()>());
        (task.abort_handle(), task)
    });
    assert!(stop.is_finished() && join_handle.is_finished());
    stop.abort();
    let (ended, ()) = block_on(join(join_handle, async {}));
    assert!(matches!(ended, Err(JoinError::Cancelled)));
}

#[test]
fn futures_pushed_while_others_run_are_handed_out_under_numbers_of_their_own() {
    everywhere(async || {
        let turns = async |n: usize| {
            for _ in 0..n {
                yield_now().await;
            }
            n
        };
        let mut set = as_completed([]);
        assert!(set.is_empty() && set.next().await.is_none());
        let mut given = Vec::new();
        for n in [3, 1] {
            assert_eq!(set.push(turns(n)), given.len());
            given.push(n);
        }
        let mut heard = Vec::new();
        while let Some((number, output)) = set.next().await {
            assert_eq!(output, given[number]);
            heard.push(number);
            if given.len() < 50 {
                // Places are free again by now; numbers are not.
                assert_eq!(set.push(turns(given.len() % 5)), given.len());
                given.push(given.len() % 5);
            }
            assert_eq!(set.len(), given.len() - heard.len());
        }
        heard.sort_unstable();
        assert!(heard.into_iter().eq(0..50));
        assert_eq!((set.push(turns(0)), set.next().await), (50, Some((50, 0))), "the end was not the end");
    });
}

#[test]
fn a_pushed_future_is_first_polled_by_the_next_next_and_survives_one_that_is_dropped() {
    everywhere(async || {
        let polled = Cell::new(false);
        let mut set = as_completed([]);
        set.push(async {
            polled.set(true);
            yield_now().await;
            yield_now().await;
        });
        yield_now().await;
        assert!(!polled.get());
        race(set.next(), async {}).await;
        assert_eq!(set.len(), 1);
        assert_eq!(set.next().await, Some((0, ())));
        assert!(polled.get());
    });
}

#[test]
fn a_set_that_is_dropped_drops_what_was_pushed() {
    everywhere(async || {
        let alive = Rc::new(());
        let mut set = as_completed([]);
        for _ in 0..3 {
            let alive = alive.clone();
            set.push(async move {
                yield_now().await;
                drop(alive);
            });
        }
        set.next().await.unwrap();
        assert_eq!((set.len(), Rc::strong_count(&alive)), (2, 3));
        drop(set);
        assert_eq!(Rc::strong_count(&alive), 1);
    });
}

#[test]
fn trap_27_a_try_that_would_block_is_followed_by_a_wait_and_not_by_a_spin() {
    run(async || {
        let (near, mut far) = pair().await;
        let tries = Rc::new(Cell::new(0));
        let counted = tries.clone();
        let reader = spawn(async move {
            let mut heard = Vec::new();
            loop {
                near.readable().await;
                counted.set(counted.get() + 1);
                let mut buf = [0; 4];
                match near.try_read(&mut buf) {
                    Ok(0) => return heard,
                    Ok(n) => heard.extend_from_slice(&buf[..n]),
                    Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock),
                }
            }
        });
        // Until it has found nothing and waits, and then some.
        for _ in 0..50 {
            yield_now().await;
        }
        far.write_all(b"hello, world").unwrap();
        drop(far);
        assert_eq!(reader.await.unwrap(), b"hello, world");
        assert!(tries.get() < 20, "it was tried {} times", tries.get());
    });
}

#[test]
fn a_try_gives_data_that_no_event_has_told_of_yet() {
    run(async || {
        let (near, mut far) = pair().await;
        assert_eq!(near.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        far.write_all(b"hello").unwrap();
        let mut buf = [0; 8];
        let n = loop {
            // Loopback is quick, and nobody has promised how quick. Without a turn of the loop in between.
            match near.try_read(&mut buf) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                done => break done.unwrap(),
            }
        };
        assert!(buf.starts_with(b"hello".get(..n).unwrap()));
    });
}

#[test]
fn a_full_connection_takes_no_try_and_all_that_it_took_arrives() {
    run_in_turn(async || {
        let (near, far) = own_pair().await;
        let fill = |near: &TcpStream| {
            let mut sent = 0;
            loop {
                match near.try_write(&[7; 65536]) {
                    Ok(n) => sent += n,
                    Err(e) => {
                        assert_eq!(e.kind(), ErrorKind::WouldBlock);
                        return sent;
                    }
                }
            }
        };
        let first = fill(&near);
        let reader = spawn(async move {
            let mut all = Vec::new();
            (&far).read_to_end(&mut all).await.unwrap();
            all.len()
        });
        near.writable().await; // it waits until the reader has made room
        let second = fill(&near);
        assert!(first > 0 && second > 0);
        (&near).close().await.unwrap();
        assert_eq!(reader.await.unwrap(), first + second);
    });
}

#[test]
fn a_connection_in_the_background_is_no_work_to_come() {
    let wait_in_vain = || {
        Builder::new().on_stall(OnStall::Panic).build().unwrap().block_on(async {
            let (near, _far) = pair().await;
            near.set_background(true);
            (&near).read(&mut [0; 8]).await
        })
    };
    let told = bounded(move || panics(wait_in_vain));
    assert!(told.contains("stalled"), "{told}");
}

#[test]
fn a_folder_is_made_once_listed_and_removed_only_if_it_is_empty() {
    run_in_turn(async || {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).await.unwrap();
        let again = fs::create_dir(&folder).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        let no_parent = fs::create_dir(folder.join("a").join("b")).await.unwrap_err();
        assert_eq!(no_parent.kind(), ErrorKind::NotFound);
        assert!(fs::read_dir(&folder).await.unwrap().is_empty());

        fs::write(folder.join("file"), "x").await.unwrap();
        fs::create_dir(folder.join("inner")).await.unwrap();
        let mut entries = fs::read_dir(&folder).await.unwrap();
        entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
        let seen: Vec<_> = entries
            .iter()
            .map(|e| (e.file_name().to_str().unwrap(), e.path().to_owned(), e.file_type().is_dir()))
            .collect();
        assert_eq!(seen, [("file", folder.join("file"), false), ("inner", folder.join("inner"), true)]);

        let full = fs::remove_dir(&folder).await.unwrap_err();
        assert_eq!(full.kind(), ErrorKind::DirectoryNotEmpty);
        fs::remove_dir(folder.join("inner")).await.unwrap();
        fs::remove_dir_all(&folder).await.unwrap();
        assert_eq!(fs::read_dir(dir.path()).await.unwrap().len(), 0);
    });
}

#[test]
fn what_goes_wrong_with_a_folder_is_told_with_its_path() {
    run_in_turn(async || {
        let dir = tempfile::tempdir().unwrap();
        let (nowhere, file) = (dir.path().join("nowhere"), dir.path().join("file"));
        fs::write(&file, "").await.unwrap();
        let missing = [
            fs::read_dir(&nowhere).await.unwrap_err(),
            fs::remove_dir(&nowhere).await.unwrap_err(),
            fs::remove_dir_all(&nowhere).await.unwrap_err(),
        ];
        for error in missing {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains(nowhere.to_str().unwrap()), "{error}");
        }
        let no_folder = fs::read_dir(&file).await.unwrap_err();
        assert_eq!(no_folder.kind(), ErrorKind::NotADirectory);
        assert!(no_folder.to_string().starts_with("cannot list "), "{no_folder}");
    });
}

#[test]
fn the_end_of_a_task_sent_from_another_thread_is_heard_there_however_it_ends() {
    run(async || {
        let handle = Handle::current();
        let job = spawn_blocking(move || {
            let (sender, receiver) = mpsc::channel();
            let done = sender.clone();
            handle.spawn(move || async move { done.send("done").unwrap() }).unwrap();
            assert_eq!(receiver.recv(), Ok("done"));
            handle.spawn(move || async move { panic!("without {sender:?}") }).unwrap();
            assert!(receiver.recv().is_err(), "it has panicked");
            let other = Builder::new().on_stall(OnStall::Wait).build().unwrap();
            let cancelled = other.block_on(async {
                let (sender, receiver) = oneshot::remote::<()>();
                let stop = move || async move {
                    let endless = spawn(async move {
                        std::future::pending::<()>().await;
                        sender.send(()).unwrap();
                    });
                    endless.abort();
                };
                handle.spawn(stop).unwrap();
                receiver.await
            });
            assert_eq!(cancelled, Err(Closed));
        });
        job.await.unwrap();
    });
}

#[test]
fn an_owned_lock_stands_in_the_same_line_as_the_others() {
    everywhere(async || {
        let mutex = Rc::new(Mutex::new(Vec::new()));
        let first = mutex.clone().lock_owned().await;
        assert!(mutex.is_locked() && mutex.try_lock().is_none());
        assert!(mutex.clone().try_lock_owned().is_none());
        let waker = Counting::new();
        let (mut second, mut third, mut fourth) = (mutex.lock(), mutex.clone().lock_owned(), mutex.lock());
        assert!(waker.poll(&mut second).is_pending());
        assert!(waker.poll(&mut third).is_pending());
        assert!(waker.poll(&mut fourth).is_pending());
        drop(first);
        second.await.push(2);
        let mut held = third.await;
        held.push(3);
        assert!(waker.poll(&mut fourth).is_pending());
        spawn(async move {
            yield_now().await;
            held.push(30);
        });
        fourth.await.push(4);
        assert_eq!(*mutex.lock().await, [2, 3, 30, 4]);
        assert_eq!(Rc::try_unwrap(mutex).unwrap().into_inner(), [2, 3, 30, 4]);
    });
}

#[test]
fn trap_37_an_owned_lock_that_came_and_was_not_collected_goes_to_the_next() {
    everywhere(async || {
        let mutex = Rc::new(Mutex::new(()));
        let waker = Counting::new();
        let held = mutex.clone().lock_owned().await;
        let (mut first, mut second) = (mutex.clone().lock_owned(), mutex.clone().lock_owned());
        assert!(waker.poll(&mut first).is_pending() && waker.poll(&mut second).is_pending());
        drop(held);
        assert_eq!(waker.wakes(), 1);
        drop(first);
        assert_eq!(waker.wakes(), 2);
        drop(second.await);
        assert!(!mutex.is_locked());
    });
}

#[test]
fn an_owned_lock_puts_the_value_back_in_a_panic_and_keeps_the_mutex_alive() {
    everywhere(async || {
        let mutex = Rc::new(Mutex::new(1));
        let mut guard = mutex.clone().lock_owned().await;
        let failed = spawn(async move {
            *guard = 2;
            assert!(*guard == 0, "no luck");
        });
        assert!(matches!(failed.await, Err(JoinError::Panicked(_))));
        assert_eq!(*mutex.lock().await, 2);

        let last = mutex.lock_owned().await;
        assert_eq!((*last, format!("{last} {last:?}").as_str()), (2, "2 2"));
    });
}

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::task::Poll;

    use runtime::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_unix_stream_is_tried_as_a_tcp_stream_is() {
        run(async || {
            let (a, b) = UnixStream::pair().unwrap();
            let nothing = b.try_read(&mut [0; 8]).unwrap_err();
            assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
            let mut waits = b.readable();
            assert!(Counting::new().poll(&mut waits).is_pending());
            assert_eq!(a.try_write(b"hello").unwrap(), 5);
            waits.await;
            assert_eq!(b.try_read(&mut [0; 8]).unwrap(), 5);
            while a.try_write(&[0; 65536]).is_ok() {}
            assert!(Counting::new().poll(&mut a.writable()).is_pending());
            drop(a);
            while b.try_read(&mut [0; 65536]).unwrap() > 0 {}
        });
    }

    #[test]
    fn a_unix_stream_that_is_assumed_readable_is_asked() {
        run(async || {
            let (mut a, mut b) = UnixStream::pair().unwrap();
            let waker = Counting::new();
            assert!(waker.poll(&mut b.read(&mut [0; 8])).is_pending());
            a.write_all(b"news").await.unwrap();
            assert!(waker.poll(&mut b.read(&mut [0; 8])).is_pending(), "no event has come");
            b.assume_readable();
            assert!(matches!(waker.poll(&mut b.read(&mut [0; 8])), Poll::Ready(Ok(4))));
        });
    }

    #[test]
    fn a_link_is_listed_as_one_and_removed_without_what_it_points_to() {
        run_in_turn(async || {
            let dir = tempfile::tempdir().unwrap();
            let (target, links) = (dir.path().join("target"), dir.path().join("links"));
            fs::create_dir(&target).await.unwrap();
            fs::write(target.join("precious"), "x").await.unwrap();
            fs::create_dir(&links).await.unwrap();
            std::os::unix::fs::symlink(&target, links.join("link")).unwrap();
            let entries = fs::read_dir(&links).await.unwrap();
            assert!(matches!(&entries[..], [link] if link.file_type().is_symlink()));
            fs::remove_dir_all(&links).await.unwrap();
            assert_eq!(fs::read(target.join("precious")).await.unwrap(), b"x");
        });
    }

    #[test]
    fn connections_are_accepted_in_poll_form_under_a_path() {
        run_in_turn(async || {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("socket");
            let listener = UnixListener::bind(&path).unwrap();
            let accepted = spawn(async move { poll_fn(|cx| listener.poll_accept(cx)).await });
            yield_now().await;
            assert!(!accepted.is_finished());
            let mut client = UnixStream::connect(&path).await.unwrap();
            let (mut server, _) = accepted.await.unwrap().unwrap();
            client.write_all(b"hi").await.unwrap();
            assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 2);
        });
    }
}
