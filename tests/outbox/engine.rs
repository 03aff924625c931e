//! The engine, with kinds of side effects that exist for these tests only.

use std::collections::{HashMap, VecDeque};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whmcs_api::database::lease::Lease;
use whmcs_api::database::pool;
use whmcs_api::database::writer::RequestKey;
use whmcs_api::domain::time::{Clock, Moment, parse_date_time};
use whmcs_api::fault;
use whmcs_api::outbox::kind::{Attempt, AttemptRecord, Kind, Outcome, WithoutAnswer};
use whmcs_api::outbox::operator::{self, HeldEntries, ReleaseResult};
use whmcs_api::outbox::{Outbox, RequestProgress};
use whmcs_api::store::system::outbox::Entry;

use crate::support::{NOW, TestApi, ends};

const ENTRIES: &str = "mod_whmcs_api_outbox_entries";
const STATE: &str = "state, attempts, is_unanswered, last_error";

/// What a kind declares about attempts without an answer.
trait Declared: Send + Sync + 'static {
    const WITHOUT_ANSWER: WithoutAnswer;
    const IS_IRREVERSIBLE: bool = false;
}

struct AskAgain;
struct LookUp;
struct Park;
struct Irreversible;

impl Declared for AskAgain {
    const WITHOUT_ANSWER: WithoutAnswer = WithoutAnswer::AskAgain;
}
impl Declared for LookUp {
    const WITHOUT_ANSWER: WithoutAnswer = WithoutAnswer::LookUp;
}
impl Declared for Park {
    const WITHOUT_ANSWER: WithoutAnswer = WithoutAnswer::Park;
}

/// A receiver of side effects, with scripted answers; success by default.
#[derive(Clone, Default)]
struct Receiver(Arc<Shared>);

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Outcome>>,
    /// Target, number of the attempt, and whether the previous attempt had no answer.
    attempts: Mutex<Vec<(String, i64, bool)>>,
    /// The recorded outcomes of attempts, and whether each had a caller that waited.
    recorded: Mutex<Vec<(&'static str, bool)>>,
    /// The answers for these targets wait for a permit.
    hanging: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Receiver {
    fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.0.answers.lock().unwrap().extend(outcomes);
    }

    fn hang(&self, target: &str) -> Arc<Semaphore> {
        let answers = Arc::new(Semaphore::new(0));
        self.0.hanging.lock().unwrap().insert(target.to_owned(), Arc::clone(&answers));
        answers
    }

    fn attempts(&self) -> Vec<(String, i64, bool)> {
        std::mem::take(&mut self.0.attempts.lock().unwrap())
    }

    fn recorded(&self) -> Vec<(&'static str, bool)> {
        std::mem::take(&mut self.0.recorded.lock().unwrap())
    }
}

struct TestKind<D>(Receiver, PhantomData<D>);

impl Declared for Irreversible {
    const WITHOUT_ANSWER: WithoutAnswer = WithoutAnswer::LookUp;
    const IS_IRREVERSIBLE: bool = true;
}

impl<D: Declared> Kind for TestKind<D> {
    const NAME: &'static str = "test";
    const INTERRUPTED: &'static str = "Interrupted";
    const KEEPS_DONE: bool = true;
    const IS_IRREVERSIBLE: bool = D::IS_IRREVERSIBLE;
    type Exchange = ();

    fn without_answer(&self, _entry: &Entry) -> WithoutAnswer {
        D::WITHOUT_ANSWER
    }

    fn lane_width(&self) -> usize {
        2
    }

    fn time_limit(&self, _target: &str) -> Duration {
        Duration::from_mins(1)
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        (attempts < 3).then(|| TimeDelta::minutes(attempts))
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<()> {
        let Shared { answers, attempts, hanging, .. } = &*self.0.0;
        attempts.lock().unwrap().push((entry.target.clone(), entry.attempts, entry.is_unanswered));
        let hanging = hanging.lock().unwrap().get(&entry.target).cloned();
        if let Some(answers) = hanging {
            answers.acquire().await.unwrap().forget();
        }
        Attempt { outcome: answers.lock().unwrap().pop_front().unwrap_or(Outcome::Done), exchange: () }
    }

    async fn record(&self, _db: &mut Lease, attempted: &AttemptRecord<'_, ()>, _now: Moment) -> fault::Result<i64> {
        self.0.0.recorded.lock().unwrap().push((attempted.new_state.name(), attempted.exchange.is_some()));
        Ok(7)
    }

    async fn reopen(_db: &mut MySqlConnection, record_id: i64, _now: NaiveDateTime) -> sqlx::Result<i64> {
        Ok(record_id)
    }
}

/// A worker that runs until it is stopped.
struct Worker {
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start<D: Declared>(api: &TestApi, receiver: &Receiver, time: &str) -> Worker {
        let kind = TestKind::<D>(receiver.clone(), PhantomData);
        let clock = Clock::fixed(parse_date_time(time).unwrap());
        let outbox = Outbox::with_kind(&api.hosts, kind, clock, Box::new(|_, _| {}));
        let stopping = CancellationToken::new();
        let task = tokio::spawn({
            let stopping = stopping.clone();
            async move { outbox.run(stopping).await }
        });
        Worker { stopping, task }
    }

    async fn stop(self) {
        self.stopping.cancel();
        ends("the attempts that were begun", self.task).await.unwrap();
    }
}

async fn insert(api: &TestApi, target: &str, due_at: &str, count: usize) {
    let row = format!("('test', '{target}', '{{}}', '{due_at}', '', '{due_at}')");
    let rows = vec![row; count].join(", ");
    let into = "(kind, target, payload, due_at, last_error, created_at)";
    api.sql(&format!("INSERT INTO {ENTRIES} {into} VALUES {rows}")).await;
}

fn failed(may_retry: bool) -> Outcome {
    Outcome::Failed { reason: "No".to_owned(), may_retry }
}

fn refused(may_retry: bool) -> Outcome {
    Outcome::Refused { reason: "No".to_owned(), may_retry }
}

fn unanswered() -> Outcome {
    Outcome::Unanswered("No answer".to_owned())
}

#[tokio::test]
async fn a_target_that_hangs_delays_no_other() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    let answers = receiver.hang("hangs");
    // More entries than are read at a time, all of which have waited longer.
    insert(&api, "hangs", "2026-11-20 12:00:00", 120).await;
    insert(&api, "works", "2026-11-20 12:29:00", 5).await;
    let worker = Worker::start::<AskAgain>(&api, &receiver, NOW);
    let works = format!("{ENTRIES} WHERE target = 'works' GROUP BY state");
    api.eventually("state, COUNT(*)", &works, &["done | 5"]).await;
    let hangs = format!("{ENTRIES} WHERE target = 'hangs' GROUP BY state ORDER BY state");
    api.eventually("state, COUNT(*)", &hangs, &["pending | 118", "running | 2"]).await;
    answers.add_permits(120);
    api.eventually("state, COUNT(*)", &hangs, &["done | 120"]).await;
    worker.stop().await;
    assert_eq!(receiver.attempts().len(), 125, "each entry once");
}

/// Each outcome of an attempt, and the resulting state of the entry.
#[tokio::test]
async fn every_end_of_an_attempt_has_its_consequence() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    for (outcome, state) in [
        (Outcome::Done, "done | 1 | 0 | "),
        (failed(true), "pending | 1 | 0 | No"),
        (failed(false), "failed | 1 | 0 | No"),
        (refused(true), "pending | 1 | 0 | No"),
        (refused(false), "failed | 1 | 0 | No"),
        // The entry is due again at once.
        (Outcome::Stopped, "done | 2 | 0 | "),
        (Outcome::Withdrawn, "superseded | 1 | 0 | "),
    ] {
        api.sql(&format!("DELETE FROM {ENTRIES}")).await;
        insert(&api, "", NOW, 1).await;
        receiver.answer([outcome.clone()]);
        let worker = Worker::start::<AskAgain>(&api, &receiver, NOW);
        api.eventually(STATE, ENTRIES, &[state]).await;
        worker.stop().await;
        let recorded = receiver.recorded();
        assert_eq!(recorded.is_empty(), outcome == Outcome::Withdrawn, "{outcome:?}: {recorded:?}");
        let record = if outcome == Outcome::Withdrawn { "0" } else { "7" };
        assert_eq!(api.rows("record_id", ENTRIES).await, [record]);
    }
}

#[tokio::test]
async fn what_fails_is_repeated_later_and_later_and_given_up() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    receiver.answer([failed(true), failed(true), failed(true)]);
    insert(&api, "", "2026-11-20 12:30:00", 1).await;
    for (time, row) in [
        ("2026-11-20 12:30:00", "pending | 1 | 2026-11-20 12:31:00"),
        ("2026-11-20 12:31:00", "pending | 2 | 2026-11-20 12:33:00"),
        ("2026-11-20 12:33:00", "failed | 3 | 2026-11-20 12:33:00"),
    ] {
        let worker = Worker::start::<AskAgain>(&api, &receiver, time);
        api.eventually("state, attempts, due_at", ENTRIES, &[row]).await;
        worker.stop().await;
    }
    assert_eq!(receiver.attempts().len(), 3);
}

/// No engine can carry out a side effect exactly once: each kind declares what an attempt without an answer means.
#[tokio::test]
async fn an_attempt_without_an_answer_means_what_its_kind_declares() {
    async fn check<D: Declared>(first: &str, second: Option<&str>) {
        let (api, receiver) = (TestApi::new().await, Receiver::default());
        receiver.answer([unanswered()]);
        insert(&api, "", NOW, 1).await;
        let worker = Worker::start::<D>(&api, &receiver, NOW);
        api.eventually(STATE, ENTRIES, &[first]).await;
        worker.stop().await;
        let worker = Worker::start::<D>(&api, &receiver, "2026-11-20 13:00:00");
        if let Some(second) = second {
            api.eventually(STATE, ENTRIES, &[second]).await;
        } else {
            // Another target is attempted meanwhile.
            insert(&api, "other", NOW, 1).await;
            api.eventually("state", &format!("{ENTRIES} WHERE target = 'other'"), &["done"]).await;
            assert_eq!(api.rows(STATE, &format!("{ENTRIES} WHERE target = ''")).await, [first]);
        }
        worker.stop().await;
        let attempts = receiver.attempts();
        let again: Vec<_> = attempts.iter().filter(|(target, attempt, _)| target.is_empty() && *attempt == 2).collect();
        assert_eq!(
            again.iter().map(|(_, _, is_unanswered)| *is_unanswered).collect::<Vec<_>>(),
            vec![true; second.iter().count()]
        );
    }
    check::<AskAgain>("pending | 1 | 1 | No answer", Some("done | 2 | 0 | ")).await;
    check::<LookUp>("pending | 1 | 1 | No answer", Some("done | 2 | 0 | ")).await;
    check::<Park>("unknown | 1 | 0 | No answer", None).await;
}

/// If the outcome is still unknown after the last attempt, an operator decides, whatever the kind.
#[tokio::test]
async fn what_stays_without_an_answer_is_unknown_in_the_end() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    receiver.answer([unanswered()]);
    insert(&api, "", NOW, 1).await;
    api.sql(&format!("UPDATE {ENTRIES} SET attempts = 2")).await;
    let worker = Worker::start::<AskAgain>(&api, &receiver, NOW);
    api.eventually(STATE, ENTRIES, &["unknown | 3 | 0 | No answer"]).await;
    worker.stop().await;
}

/// An attempt without an answer may have caused the side effect, whatever keeps later ones from it.
#[tokio::test]
async fn what_an_attempt_without_an_answer_did_stays_unknown() {
    async fn check<D: Declared>(later: &[Outcome], states: &[&str]) {
        let (api, receiver) = (TestApi::new().await, Receiver::default());
        insert(&api, "", NOW, 1).await;
        for (outcome, state) in [unanswered()].iter().chain(later).zip(states) {
            receiver.answer([outcome.clone()]);
            api.sql(&format!("UPDATE {ENTRIES} SET due_at = '{NOW}'")).await;
            let worker = Worker::start::<D>(&api, &receiver, NOW);
            api.eventually(STATE, ENTRIES, &[*state]).await;
            worker.stop().await;
        }
    }
    let pending = "pending | 1 | 1 | No answer";
    check::<AskAgain>(&[failed(true), failed(true)], &[pending, "pending | 2 | 1 | No", "unknown | 3 | 0 | No"]).await;
    check::<AskAgain>(&[failed(false)], &[pending, "unknown | 2 | 0 | No"]).await;
    // The receiver recognizes the attempts, so that this is an answer about all of them.
    check::<AskAgain>(&[refused(true), failed(false)], &[pending, "pending | 2 | 0 | No", "failed | 3 | 0 | No"]).await;
    check::<AskAgain>(&[refused(false)], &[pending, "failed | 2 | 0 | No"]).await;
    check::<AskAgain>(&[Outcome::Withdrawn], &[pending, "superseded | 2 | 0 | "]).await;
    check::<Irreversible>(&[failed(true)], &[pending, "pending | 2 | 1 | No"]).await;
    let withdrawn = "unknown | 2 | 0 | It is no longer wanted, but an earlier attempt got no answer";
    check::<Irreversible>(&[Outcome::Withdrawn], &[pending, withdrawn]).await;
    check::<Irreversible>(&[Outcome::Done], &[pending, "done | 2 | 0 | "]).await;
}

/// Entries of an irreversible kind about one subject are attempted one at a time, and not while the outcome of one is unknown.
#[tokio::test]
async fn only_one_irreversible_side_effect_happens_to_a_subject_at_a_time() {
    let due = "due_at <= '2026-11-20 12:30:00'";
    for (rival, is_obstructed) in [
        ("state = 'running', due_at = '2026-11-20 13:00:00'", true),
        ("state = 'unknown'", true),
        ("is_unanswered = 1, due_at = '2026-11-20 13:00:00'", true),
        ("state = 'failed'", false),
        ("state = 'done'", false),
        ("state = 'superseded'", false),
        ("state = 'unknown', subject_id = 8", false),
        ("state = 'unknown', kind = 'other'", false),
    ] {
        let (api, receiver) = (TestApi::new().await, Receiver::default());
        insert(&api, "", NOW, 2).await;
        api.sql(&format!(
            "UPDATE {ENTRIES} SET subject = 'domain', subject_id = 7; UPDATE {ENTRIES} SET {rival} WHERE id = 1"
        ))
        .await;
        let run = async |api: &TestApi| {
            let kind = TestKind::<Irreversible>(receiver.clone(), PhantomData);
            let clock = Clock::fixed(parse_date_time(NOW).unwrap());
            Outbox::with_kind(&api.hosts, kind, clock, Box::new(|_, _| {})).run_once().await;
        };
        run(&api).await;
        let second = format!("{ENTRIES} WHERE id = 2");
        let expected = if is_obstructed { "pending | 0" } else { "done | 1" };
        assert_eq!(api.rows("state, attempts", &second).await, [expected], "{rival}");
        assert_eq!(receiver.attempts().len(), usize::from(!is_obstructed), "{rival}");
        if is_obstructed {
            assert_eq!(api.rows(due, &second).await, ["0"], "it waits for a while");
            api.sql(&format!(
                "UPDATE {ENTRIES} SET state = 'failed' WHERE id = 1; UPDATE {ENTRIES} SET due_at = '{NOW}'"
            ))
            .await;
            run(&api).await;
            assert_eq!(api.rows("state, attempts", &second).await, ["done | 1"], "{rival}");
        }
    }
}

/// A server died between its claim and the record of the outcome.
#[tokio::test]
async fn an_abandoned_claim_means_what_its_kind_declares() {
    async fn check<D: Declared>(state: &str, attempts: &[(String, i64, bool)], recorded: (&'static str, bool)) {
        let (api, receiver) = (TestApi::new().await, Receiver::default());
        insert(&api, "", "2026-11-20 12:29:59", 1).await;
        insert(&api, "held", "2026-11-20 12:31:00", 1).await;
        api.sql(&format!("UPDATE {ENTRIES} SET state = 'running', attempts = 1, claim = 'of another server'")).await;
        let worker = Worker::start::<D>(&api, &receiver, NOW);
        api.eventually(STATE, &format!("{ENTRIES} WHERE target = ''"), &[state]).await;
        worker.stop().await;
        assert_eq!(receiver.attempts(), attempts);
        assert_eq!(receiver.recorded(), [recorded]);
        assert_eq!(
            api.rows(STATE, &format!("{ENTRIES} WHERE target = 'held'")).await,
            ["running | 1 | 0 | "],
            "its server may still be running"
        );
    }
    let again = [(String::new(), 2, true)];
    check::<AskAgain>("done | 2 | 0 | ", &again, ("done", true)).await;
    check::<LookUp>("done | 2 | 0 | ", &again, ("done", true)).await;
    check::<Park>("unknown | 1 | 0 | Interrupted", &[], ("unknown", false)).await;
}

/// A worker whose claim has been taken over by another one changes nothing.
#[tokio::test]
async fn a_claim_that_was_lost_records_nothing() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    let answers = receiver.hang("slow");
    insert(&api, "slow", NOW, 1).await;
    let worker = Worker::start::<AskAgain>(&api, &receiver, NOW);
    api.eventually("state", ENTRIES, &["running"]).await;
    api.sql(&format!("UPDATE {ENTRIES} SET attempts = 2, claim = 'of another server'")).await;
    answers.add_permits(1);
    worker.stop().await;
    assert_eq!(api.rows(STATE, ENTRIES).await, ["running | 2 | 0 | "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_attempts_twice() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    insert(&api, "one", NOW, 60).await;
    insert(&api, "two", NOW, 60).await;
    let workers: Vec<Worker> = (0..3).map(|_| Worker::start::<AskAgain>(&api, &receiver, NOW)).collect();
    api.eventually("state, attempts, COUNT(*)", &format!("{ENTRIES} GROUP BY state, attempts"), &["done | 1 | 120"])
        .await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(receiver.attempts().len(), 120);
}

/// A newer version has added the entry, and knows its kind.
#[tokio::test]
async fn kinds_that_are_not_known_here_are_left_to_others() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    insert(&api, "", NOW, 2).await;
    api.sql(&format!("UPDATE {ENTRIES} SET kind = 'new' WHERE id = 1")).await;
    let worker = Worker::start::<AskAgain>(&api, &receiver, NOW);
    api.eventually("kind, state", &format!("{ENTRIES} ORDER BY id"), &["new | pending", "test | done"]).await;
    worker.stop().await;
}

/// After a restore nothing is attempted: neither what is due, nor what a server has left that is gone, nor what a call
/// waits for.
#[tokio::test]
async fn a_held_outbox_attempts_nothing_until_it_is_released() {
    let (api, receiver) = (TestApi::new().await, Receiver::default());
    insert(&api, "", NOW, 2).await;
    api.sql(&format!(
        "UPDATE {ENTRIES} SET state = 'running', attempts = 1, due_at = '2026-11-20 12:00:00' WHERE id = 2; \
         INSERT INTO mod_whmcs_api_holds (name, reason, last_entry, created_at) VALUES ('outbox', 'restored', 2, '{NOW}')"
    ))
    .await;
    insert(&api, "", NOW, 1).await;
    let key = RequestKey([7; 32]);
    api.sql(&format!("UPDATE {ENTRIES} SET request_key = REPEAT(CHAR(7), 32) WHERE id = 3")).await;
    let kind = TestKind::<AskAgain>(receiver.clone(), PhantomData);
    let clock = Clock::fixed(parse_date_time(NOW).unwrap());
    let outbox = Outbox::with_kind(&api.hosts, kind, clock, Box::new(|_, _| {}));
    outbox.run_once().await;
    assert_eq!(outbox.finish_request("test", &key).await.unwrap(), RequestProgress::Open);
    assert_eq!(receiver.attempts(), []);
    let state = "id, state, attempts";
    assert_eq!(api.rows(state, ENTRIES).await, ["1 | pending | 0", "2 | running | 1", "3 | pending | 0"]);

    let mut db = pool::connect(api.database.options()).await.unwrap();
    let drop_second = HeldEntries::DropOnly(vec![2]);
    let released = operator::release(&mut db, &drop_second, parse_date_time(NOW).unwrap()).await.unwrap();
    assert_eq!(released, ReleaseResult::Released { dropped: 1 });
    outbox.run_once().await;
    assert_eq!(api.rows(state, ENTRIES).await, ["1 | done | 1", "2 | superseded | 1", "3 | done | 1"]);
    assert_eq!(receiver.attempts().len(), 2);
}
