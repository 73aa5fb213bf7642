//! Callers who wait for the same kind of thing share a reading. It always begins after the last of
//! them came, so nobody is told of the past, and thirty who ask at once cost little more than one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::error::Error;
use crate::read::bounded;

/// How often a thread does what else it has to do before it reads. With one it writes the answers of the reading
/// before, with the next it takes the requests that have come meanwhile, and their callers share the
/// reading too. A caller who is alone waits for two looks at the sockets.
const GATHERING: usize = 2;

/// Reads for many callers at once: `K` tells apart what cannot be read together, `Q` is what one
/// caller asks, `A` is what all of them are given.
pub(crate) struct Together<K, Q, A> {
    waiting: Arc<Mutex<Waiting<K, Q, A>>>,
    /// How many are read for at a time.
    most: usize,
}

/// Those who wait for the next reading; what has a place here is being read now.
type Waiting<K, Q, A> = HashMap<K, Vec<Caller<Q, A>>>;

struct Caller<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, Error>>,
}

impl<K, Q, A> Together<K, Q, A>
where
    K: Hash + Eq + Clone + Send + 'static,
    Q: Send + 'static,
    A: Clone + Send + 'static,
{
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: Arc::default(), most }
    }

    /// What is read of now or later. `read` is given the questions of all that it reads for.
    pub(crate) async fn ask<R, F>(&self, key: K, question: Q, read: R) -> Result<A, Error>
    where
        R: Fn(Vec<Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<A, Error>> + Send + 'static,
    {
        let (answer, given) = oneshot::channel();
        let caller = Caller { question, answer };
        let must_read = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let is_being_read = waiting.contains_key(&key);
            waiting.entry(key.clone()).or_default().push(caller);
            !is_being_read
        };
        if must_read {
            // A task of its own: a caller that goes away takes nobody's answer with it.
            tokio::spawn(Turn { key, waiting: Arc::clone(&self.waiting), most: self.most, ended: false }.run(read));
        }
        // Bounded for each caller: who comes during a reading that hangs waits for that one and its own.
        let given = async { given.await.unwrap_or_else(|_| Err(Error::Unavailable("it was not read".to_owned()))) };
        bounded(given).await
    }
}

/// The one who reads for all. When its task ends before it has answered, with its runtime or by a
/// panic, those who wait are told so at once, and the next to come begins anew.
struct Turn<K: Hash + Eq, Q, A> {
    key: K,
    waiting: Arc<Mutex<Waiting<K, Q, A>>>,
    most: usize,
    ended: bool,
}

impl<K: Hash + Eq, Q, A: Clone> Turn<K, Q, A> {
    async fn run<R, F>(mut self, read: R)
    where
        R: Fn(Vec<Q>) -> F,
        F: Future<Output = Result<A, Error>>,
    {
        loop {
            for _ in 0..GATHERING {
                tokio::task::yield_now().await;
            }
            let Some(callers) = self.next() else { break };
            let (questions, answers): (Vec<_>, Vec<_>) =
                callers.into_iter().map(|caller| (caller.question, caller.answer)).unzip();
            let outcome = bounded(read(questions)).await;
            for answer in answers {
                // Nobody is there any more when the send fails.
                let _ = answer.send(outcome.clone());
            }
        }
    }

    /// Those who are read for next; nothing, and no place any more, when nobody waits.
    fn next(&mut self) -> Option<Vec<Caller<Q, A>>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let callers = waiting.get_mut(&self.key)?;
        if callers.is_empty() {
            waiting.remove(&self.key);
            self.ended = true;
            return None;
        }
        let rest = callers.split_off(self.most.min(callers.len()));
        Some(std::mem::replace(callers, rest))
    }
}

impl<K: Hash + Eq, Q, A> Drop for Turn<K, Q, A> {
    fn drop(&mut self) {
        // After a turn that came to its end, the place is the next one's.
        if !self.ended {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn those_who_come_during_a_reading_share_the_next_one() {
        let together = Together::new(100);
        let readings = Arc::new(AtomicUsize::new(0));
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let ask = |question: usize| {
            let (readings, begun, go_on) = (Arc::clone(&readings), Arc::clone(&begun), Arc::clone(&go_on));
            together.ask((), question, move |questions| {
                let number = readings.fetch_add(1, Ordering::SeqCst);
                let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
                async move {
                    if number == 0 {
                        begun.notify_one();
                        go_on.notified().await;
                    }
                    Ok((number, questions))
                }
            })
        };
        let during = async {
            begun.notified().await;
            tokio::join!(ask(2), ask(3), async { go_on.notify_one() })
        };
        let (first, (second, third, ())) = tokio::join!(ask(1), during);
        assert_eq!(first.unwrap(), (0, vec![1]));
        assert_eq!(second.unwrap(), (1, vec![2, 3]));
        assert_eq!(third.unwrap(), (1, vec![2, 3]));
        for _ in 0..=GATHERING {
            tokio::task::yield_now().await;
        }
        assert!(together.waiting.lock().unwrap().is_empty(), "nothing is left of a turn");
    }

    #[tokio::test]
    async fn no_more_are_read_for_than_allowed_and_nobody_is_forgotten() {
        let together = Together::new(2);
        let ask = |question: usize| together.ask((), question, |questions| async move { Ok(questions) });
        let (one, two, three, four, five) = tokio::join!(ask(1), ask(2), ask(3), ask(4), ask(5));
        for (question, answer) in [one, two, three, four, five].into_iter().enumerate() {
            let answer = answer.unwrap();
            assert!(answer.contains(&(question + 1)) && answer.len() <= 2, "{question}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn who_waits_for_a_reading_that_panics_is_told_and_the_next_begins_anew() {
        let together = Together::<_, _, ()>::new(100);
        let (one, two) = tokio::join!(
            together.ask((), (), |_| async { panic!("planted") }),
            together.ask((), (), |_| async { panic!("planted") }),
        );
        assert!(matches!((one, two), (Err(Error::Unavailable(_)), Err(Error::Unavailable(_)))));
        assert!(together.ask((), (), |_| async { Ok(()) }).await.is_ok());
    }
}
