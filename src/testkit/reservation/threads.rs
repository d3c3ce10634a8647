//! A thread a task, for stores that never wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// One caller of a race.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// After so long without any task coming to an end the rest are taken to wait for each other: long, since callers that
/// take turns end together, and a busy machine runs a slow build of a slow store.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs each task on a thread of its own, polling it until it is done. Answers whether all came to an end; threads
/// that wait for each other for good are left behind.
pub fn threads() -> impl AsyncFn(Vec<Task>) -> bool {
    async |tasks: Vec<Task>| {
        let (done, ended) = mpsc::channel();
        let all = tasks.len();
        for mut task in tasks {
            let done = done.clone();
            thread::spawn(move || {
                let mut context = Context::from_waker(Waker::noop());
                while task.as_mut().poll(&mut context) == Poll::Pending {
                    thread::yield_now();
                }
                let _ = done.send(()); // nobody listens after a time-out
            });
        }
        (0..all).all(|_| ended.recv_timeout(PATIENCE).is_ok())
    }
}
