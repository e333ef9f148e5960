//! A chat with rooms, and the page to use it, on one port: `chat [ADDR]`, by default on 127.0.0.1:8080.
//!
//! One thread serves everyone and waits for no one. `client.rs` is a socket with the protocol on it, this file
//! is the chat. Every message is a line of text, its fields parted by tabs:
//!
//! ```text
//! page:    join ROOM NAME           first, and once
//!          say TEXT
//! server:  here NAME...             answers a join, after the room's last messages
//!          joined TIME NAME         TIME is in milliseconds since 1970
//!          left TIME NAME
//!          said TIME NAME TEXT
//! ```

mod client;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, net};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use sansws::{CloseCode, Prepared};

use client::Client;

const LISTENER: Token = Token(0);
const MAX_CLIENTS: usize = 500;
const MAX_ROOMS: usize = 500;
/// Messages of a room that are shown to whoever joins.
const MAX_HISTORY: usize = 30;
/// Characters of a name and of a room.
const MAX_LABEL: usize = 32;
/// Messages that one guest may send in a `PERIOD`.
const MAX_MESSAGES: u32 = 20;
const PERIOD: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = net::TcpListener::bind(&address).map_err(|error| format!("{address}: {error}"))?;
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("chat on http://{}/", listener.local_addr()?);
    Server {
        poll,
        listener,
        last_token: LISTENER,
        last_time: 0,
        clients: BTreeMap::new(),
        guests: BTreeMap::new(),
        rooms: HashMap::new(),
        #[cfg(feature = "deflate")]
        deflater: sansws::deflate::Deflater::new(),
    }
    .run()
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    last_token: Token,
    last_time: u128,
    clients: BTreeMap<Token, Client>,
    /// The clients that have joined a room.
    guests: BTreeMap<Token, Guest>,
    /// The last messages of each room, framed already.
    rooms: HashMap<String, VecDeque<Prepared>>,
    #[cfg(feature = "deflate")]
    deflater: sansws::deflate::Deflater,
}

struct Guest {
    room: String,
    name: String,
    /// How many messages came since when.
    messages: u32,
    since: Instant,
}

impl Server {
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let mut events = Events::with_capacity(256);
        let mut buf = vec![0; 16 * 1024];
        loop {
            let now = Instant::now();
            let due = self.clients.values().filter_map(|client| client.due(now)).min();
            match self.poll.poll(&mut events, due.map(|due| due.saturating_duration_since(now))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            for event in &events {
                if let Some(client) = self.clients.get_mut(&event.token()) {
                    client.wake();
                }
            }
            self.turn(Instant::now(), &mut buf);
        }
    }

    /// One read for each client, so that none keeps the others waiting, and as much writing as can be done.
    fn turn(&mut self, now: Instant, buf: &mut [u8]) {
        let tokens: Vec<Token> = self.clients.keys().copied().collect();
        for token in tokens {
            let lines = self.clients.get_mut(&token).map(|client| client.read(now, buf)).unwrap_or_default();
            let heard = lines.iter().try_for_each(|line| self.hear(token, line, now));
            if let (Err(reason), Some(client)) = (heard, self.clients.get_mut(&token)) {
                client.fail(CloseCode::POLICY_VIOLATION, reason);
            }
        }
        for client in self.clients.values_mut() {
            client.write(now);
        }
        self.clients.retain(|_, client| !client.is_gone());
        let is_open = |token| self.clients.get(token).is_some_and(Client::is_open);
        let left: Vec<Token> = self.guests.keys().filter(|token| !is_open(token)).copied().collect();
        for token in left {
            self.leave(token);
        }
        self.accept(now);
    }

    /// Connections beyond the limit wait in the system's queue until a client leaves.
    fn accept(&mut self, now: Instant) {
        while self.clients.len() < MAX_CLIENTS {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                // Nobody is there, or the system can take no more: the next turn tries again.
                Err(_) => return,
            };
            self.last_token.0 += 1;
            let interest = Interest::READABLE | Interest::WRITABLE;
            if self.poll.registry().register(&mut socket, self.last_token, interest).is_ok() {
                self.clients.insert(self.last_token, Client::new(socket, now));
            }
        }
    }

    /// An error is the reason to end the connection.
    fn hear(&mut self, token: Token, line: &str, now: Instant) -> Result<(), &'static str> {
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        match (kind, self.guests.get_mut(&token)) {
            ("join", None) => {
                let (room, name) = rest.split_once('\t').unwrap_or_default();
                if !is_label(room) || !is_label(name) {
                    return Err("room and name take 1 to 32 characters");
                }
                self.join(token, Guest { room: room.into(), name: name.into(), messages: 0, since: now });
            }
            ("say", Some(guest)) => {
                if now >= guest.since + PERIOD {
                    (guest.messages, guest.since) = (0, now);
                }
                guest.messages += 1;
                if guest.messages > MAX_MESSAGES {
                    return Err("too many messages");
                }
                let (room, name) = (guest.room.clone(), guest.name.clone());
                self.say(room, &name, rest);
            }
            _ => return Err("unexpected message"),
        }
        Ok(())
    }

    fn join(&mut self, token: Token, guest: Guest) {
        let room = guest.room.clone();
        // A second tab under the same name, or one that comes back before its old connection was given up, is
        // the same person.
        if !self.names(&room).contains(&*guest.name) {
            let time = self.time();
            self.tell(&room, &format!("joined\t{time}\t{}", guest.name));
        }
        self.guests.insert(token, guest);
        if self.rooms.len() >= MAX_ROOMS {
            // An empty room is kept for its history, while there is space.
            let occupied: BTreeSet<&str> = self.guests.values().map(|guest| &*guest.room).collect();
            self.rooms.retain(|room, _| occupied.contains(&**room));
        }
        let names: Vec<&str> = self.names(&room).into_iter().collect();
        let line = format!("here\t{}", names.join("\t"));
        let here = self.prepare(&line);
        if let Some(client) = self.clients.get_mut(&token) {
            for message in self.rooms.entry(room).or_default().iter().chain([&here]) {
                client.send(message);
            }
        }
    }

    fn say(&mut self, room: String, name: &str, text: &str) {
        let time = self.time();
        let message = self.tell(&room, &format!("said\t{time}\t{name}\t{text}"));
        let history = self.rooms.entry(room).or_default();
        history.push_back(message);
        if history.len() > MAX_HISTORY {
            history.pop_front();
        }
    }

    fn leave(&mut self, token: Token) {
        let Some(Guest { room, name, .. }) = self.guests.remove(&token) else { return };
        if !self.names(&room).contains(&*name) {
            let time = self.time();
            self.tell(&room, &format!("left\t{time}\t{name}"));
        }
    }

    /// Sends a line to everyone in a room: framed once, then only copied.
    fn tell(&mut self, room: &str, line: &str) -> Prepared {
        let message = self.prepare(line);
        for (token, _) in self.guests.iter().filter(|(_, guest)| guest.room == room) {
            if let Some(client) = self.clients.get_mut(token) {
                client.send(&message);
            }
        }
        message
    }

    /// Without context takeover, as agreed in `client.rs`, a line is also compressed only once.
    fn prepare(&mut self, line: &str) -> Prepared {
        #[cfg(feature = "deflate")]
        let message = Prepared::compressed(line, 15, &mut self.deflater);
        #[cfg(not(feature = "deflate"))]
        let message = Prepared::new(line);
        message
    }

    fn names(&self, room: &str) -> BTreeSet<&str> {
        self.guests.values().filter(|guest| guest.room == room).map(|guest| &*guest.name).collect()
    }

    /// The time for a line, each later than the one before: pages tell by it what they have shown already.
    fn time(&mut self) -> u128 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.last_time = now.max(self.last_time + 1);
        self.last_time
    }
}

/// Whether this will do as a name or a room. Tabs, which part the fields, are control characters, too.
fn is_label(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_LABEL).contains(&length) && text.trim() == text && !text.contains(char::is_control)
}
