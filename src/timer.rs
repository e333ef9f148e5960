//! Deadlines over the caller's clock: keepalive, the closing handshake, reconnecting.
//!
//! There is no clock here. `now` is whatever the caller has: a [`std::time::Instant`], or a [`Duration`] since
//! some beginning, in firmware and tests.
//!
//! [`std::time::Instant`]: https://doc.rust-lang.org/std/time/struct.Instant.html

use core::ops::Add;
use core::time::Duration;

use alloc::vec::Vec;

use crate::close::CloseCode;
use crate::connection::{Sender, State};

/// How long to wait for what. `None` waits for ever; ten years are the most.
///
/// ```
/// use core::time::Duration;
/// use sansws::timer::Timeouts;
///
/// let timeouts = Timeouts::new().ping_interval(Some(Duration::from_secs(5)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    handshake: Option<Duration>,
    ping_interval: Option<Duration>,
    pong: Option<Duration>,
    close: Option<Duration>,
    idle: Option<Duration>,
}

impl Timeouts {
    /// The default times.
    pub const fn new() -> Self {
        Self {
            handshake: Some(Duration::from_secs(10)),
            ping_interval: Some(Duration::from_secs(20)),
            pong: Some(Duration::from_secs(20)),
            close: Some(Duration::from_secs(10)),
            idle: None,
        }
    }

    /// From connecting or accepting to the end of the handshake; 10 s unless set.
    #[must_use]
    pub const fn handshake(mut self, time: Option<Duration>) -> Self {
        self.handshake = bounded(time);
        self
    }

    /// From the last byte received to a Ping; 20 s unless set.
    #[must_use]
    pub const fn ping_interval(mut self, time: Option<Duration>) -> Self {
        self.ping_interval = bounded(time);
        self
    }

    /// From a Ping, or from when it was [written](Timers::written), to the next byte received, whatever it
    /// belongs to; 20 s unless set. Then the connection is given up.
    #[must_use]
    pub const fn pong(mut self, time: Option<Duration>) -> Self {
        self.pong = bounded(time);
        self
    }

    /// From the first Close or failure to the end of the transport; 10 s unless set. Then the connection is
    /// given up.
    #[must_use]
    pub const fn close(mut self, time: Option<Duration>) -> Self {
        self.close = bounded(time);
        self
    }

    /// From the last byte received to a Close with code 1001; no limit unless set. Pongs count as bytes: it
    /// only makes sense below the ping interval, or with Pings off.
    #[must_use]
    pub const fn idle(mut self, time: Option<Duration>) -> Self {
        self.idle = bounded(time);
        self
    }

    /// When a handshake that begins now has to be done.
    pub fn handshake_deadline<T: Add<Duration, Output = T>>(&self, now: T) -> Option<T> {
        self.handshake.map(|time| now + time)
    }
}

/// So that no clock overflows when the time is added to now.
const fn bounded(time: Option<Duration>) -> Option<Duration> {
    const TEN_YEARS: u64 = 10 * 366 * 24 * 3600;
    match time {
        Some(time) if time.as_secs() >= TEN_YEARS => Some(Duration::from_secs(TEN_YEARS)),
        time => time,
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}

/// The timers of one open connection.
///
/// Call [`received`](Self::received) after each read and [`poll`](Self::poll) in every turn of the loop, last
/// before writing, because it adds to the output; and at [`deadline`](Self::deadline) at the latest. A `poll` is
/// also how a Close is noticed, from which on another deadline counts: poll after anything that was done to the
/// connection, then ask for the deadline. With split halves the timers belong to the sender's task.
///
/// ```
/// use core::time::Duration;
/// use sansws::timer::{Expired, Timeouts, Timers};
/// use sansws::{Config, Connection, Role, Transport};
///
/// let mut conn = Connection::new(Role::Server, Config::default());
/// let mut out = Vec::new();
/// let start = Duration::ZERO;
/// let mut timers = Timers::new(Timeouts::new(), start);
///
/// assert_eq!(timers.deadline(), Some(Duration::from_secs(20)));
/// assert_eq!(timers.poll(Duration::from_secs(20), conn.sender(), &mut out), None);
/// assert_eq!(out, b"\x89\x00"); // a Ping
/// assert_eq!(timers.poll(Duration::from_secs(40), conn.sender(), &mut out), Some(Expired::Pong));
/// assert_eq!(conn.transport(), Transport::Close);
/// ```
#[derive(Clone, Debug)]
pub struct Timers<T> {
    timeouts: Timeouts,
    last_received: T,
    /// When the Ping was sent that nothing was received after, or output was last written before it had left.
    pinged: Option<T>,
    ping_written: bool,
    /// When the connection was first seen closing.
    closing: Option<T>,
    ended: bool,
}

/// The time that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expired {
    /// The closing handshake or the end of the transport did not come; the connection was given up.
    Close,
    /// Nothing was received for the idle time; a Close with 1001 was appended.
    Idle,
    /// Nothing was received after a Ping; the connection was given up.
    Pong,
}

impl<T: Copy + Ord + Add<Duration, Output = T>> Timers<T> {
    /// Timers of a connection whose handshake is done now.
    pub fn new(timeouts: Timeouts, now: T) -> Self {
        Self { timeouts, last_received: now, pinged: None, ping_written: false, closing: None, ended: false }
    }

    /// When to call [`poll`](Self::poll) again; `None` if nothing will expire.
    pub fn deadline(&self) -> Option<T> {
        if self.ended {
            return None;
        }
        if let Some(closing) = self.closing {
            return self.timeouts.close.map(|time| closing + time);
        }
        let alive = match self.pinged {
            None => self.timeouts.ping_interval.map(|time| self.last_received + time),
            Some(pinged) => self.timeouts.pong.map(|time| pinged + time),
        };
        let idle = self.timeouts.idle.map(|time| self.last_received + time);
        alive.into_iter().chain(idle).min()
    }

    /// Notes that bytes were received: any byte shows that the peer lives, a large message no less than a
    /// Pong behind it.
    pub fn received(&mut self, now: T) {
        self.last_received = now;
        self.pinged = None;
    }

    /// Notes that output was written, and what is left of it. A Ping waits behind what was to be written before
    /// it, and a peer that takes a large message slowly has it answered late: until the output was written to its
    /// end once, the time for the Pong starts anew.
    pub fn written(&mut self, now: T, unwritten: &[u8]) {
        if self.pinged.is_some() && !self.ping_written {
            self.pinged = Some(now);
            self.ping_written = unwritten.is_empty();
        }
    }

    /// Does what is due: sends a Ping, closes an idle connection, gives up a dead one.
    pub fn poll(&mut self, now: T, sender: &mut Sender, out: &mut Vec<u8>) -> Option<Expired> {
        match sender.state() {
            State::Open => {}
            State::Closing => {
                self.closing.get_or_insert(now);
            }
            State::Closed => self.ended = true,
        }
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        if self.closing.is_some() {
            self.ended = true;
            sender.abort(out);
            return Some(Expired::Close);
        }
        if self.timeouts.idle.is_some_and(|time| now >= self.last_received + time) {
            self.closing = Some(now);
            // Neither the code nor the reason can be refused.
            let _ = sender.close(Some(CloseCode::GOING_AWAY), "idle", out);
            return Some(Expired::Idle);
        }
        if self.pinged.is_some() {
            self.ended = true;
            sender.abort(out);
            return Some(Expired::Pong);
        }
        self.pinged = Some(now);
        self.ping_written = false;
        // The connection is open and the payload short.
        let _ = sender.ping(b"", out);
        None
    }
}

/// How long to wait before connecting again after an abnormal end (RFC 6455 7.2.3).
///
/// The first wait is random within the base, so that the clients of a server that went down do not come back
/// all at once; each further one is random in the upper half of a span that doubles, up to the cap.
///
/// ```
/// use core::time::Duration;
/// use sansws::timer::Backoff;
///
/// let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// let random = 0x8000_0000; // from any generator
/// assert_eq!(backoff.delay(random), Duration::from_millis(500));
/// assert_eq!(backoff.delay(random), Duration::from_millis(1500));
/// assert_eq!(backoff.delay(random), Duration::from_millis(3000));
/// backoff.reset(); // connected
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    attempts: u32,
}

impl Backoff {
    /// Waits of up to `base` at first and up to `cap` at last. The RFC proposes 5 s for the first.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, attempts: 0 }
    }

    /// The next wait; `random` is 32 random bits.
    pub fn delay(&mut self, random: u32) -> Duration {
        let doubling = 2_u32.checked_pow(self.attempts).unwrap_or(u32::MAX);
        let span = self.base.saturating_mul(doubling).min(self.cap);
        let fixed = if self.attempts == 0 { Duration::ZERO } else { span / 2 };
        self.attempts = self.attempts.saturating_add(1);
        // 94 bits of nanoseconds times 32: no overflow.
        let nanos = (span - fixed).as_nanos() * u128::from(random) / u128::from(u32::MAX);
        fixed + Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
    }

    /// Begins anew: the connection was made.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

impl Default for Backoff {
    /// Up to 5 s at first, up to a minute at last.
    fn default() -> Self {
        Self::new(Duration::from_secs(5), Duration::from_secs(60))
    }
}
