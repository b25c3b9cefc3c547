//! The operations in time: `cargo bench -p benches`.

use std::hint::black_box;

use benches::OPERATIONS;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use runtime::Runtime;

fn operations(criterion: &mut Criterion) {
    const N: usize = 1000;
    let mut group = criterion.benchmark_group("runtime");
    group.throughput(Throughput::Elements(N as u64));
    let runtime = Runtime::new().expect("a runtime");
    for (name, operation) in OPERATIONS {
        group.bench_function(*name, |bencher| {
            bencher.iter(|| runtime.block_on(async { black_box(operation(N).await) }));
        });
    }
    group.finish();
}

criterion_group!(all, operations);
criterion_main!(all);
