//! A program as a student writes it, recorded by one line: `recorded FILE [panic | wait | handle | after]`.

use std::env;
use std::time::Duration;

use runtime::{Builder, Task, sleep, yield_now};

fn main() {
    let args: Vec<_> = env::args().collect();
    let runtime = Builder::new().observer(demo::trace::to_file(&args[1]).unwrap()).build().unwrap();
    runtime.block_on(async {
        Task::new().name("worker").spawn(yield_now()).await.unwrap();
        match args.get(2).map(String::as_str) {
            Some("panic") => panic!("on purpose"),
            Some("wait") => {
                println!("waiting");
                sleep(Duration::from_secs(60)).await;
            }
            Some("handle") => {
                let work = async {
                    println!("waiting");
                    sleep(Duration::from_secs(60)).await;
                };
                let interrupted = demo::signal::unless_interrupted(work).await.unwrap();
                println!("ended by {interrupted:?}");
            }
            _ => {}
        }
    });
    if args.get(2).is_some_and(|arg| arg == "after") {
        drop(runtime);
        println!("waiting");
        std::thread::sleep(Duration::from_secs(60));
    }
}
