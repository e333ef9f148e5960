//! The cases through tungstenite: `interop-tungstenite client URL` or `interop-tungstenite server`.

use std::error::Error;
use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use std::{env, io};

use serde_json::{Value, json};
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::{Message, Utf8Bytes, WebSocket};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const LIMIT: Duration = Duration::from_secs(10);

fn main() -> Outcome {
    let cases: Vec<Value> = serde_json::from_reader(io::stdin())?;
    let args: Vec<String> = env::args().skip(1).collect();
    match args.as_slice() {
        [role, url] if role == "client" => client(url, &cases),
        _ => server(&cases),
    }
}

fn client(url: &str, cases: &[Value]) -> Outcome {
    for case in cases {
        report(case, || {
            let socket = connected(TcpStream::connect(url.trim_start_matches("ws://"))?)?;
            drive(&mut tungstenite::client(url, socket)?.0, case)
        });
    }
    Ok(())
}

/// The paths are those of Autobahn's fuzzing server.
fn server(cases: &[Value]) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        let mut uri = String::new();
        #[allow(clippy::result_large_err)]
        let keep = |request: &Request, response: Response| {
            uri = request.uri().to_string();
            Ok(response)
        };
        let mut ws = tungstenite::accept_hdr(connected(socket?)?, keep).map_err(|error| error.to_string())?;
        if let Some(query) = uri.strip_prefix("/runCase?case=") {
            let number: usize = query.split('&').next().unwrap_or_default().parse()?;
            let case = cases.get(number.wrapping_sub(1)).ok_or("no such case")?;
            report(case, || drive(&mut ws, case));
            continue;
        }
        if uri == "/getCaseCount" {
            ws.send(Message::text(cases.len().to_string()))?;
        }
        // It is no case, so the client may leave as it likes.
        let _ = close(&mut ws, None);
        if uri.starts_with("/updateReports") {
            break;
        }
    }
    Ok(())
}

fn connected(socket: TcpStream) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(LIMIT))?;
    socket.set_write_timeout(Some(LIMIT))?;
    Ok(socket)
}

fn report(case: &Value, run: impl FnOnce() -> Outcome) {
    let problem = run().err().map(|error| error.to_string());
    println!("{}", json!({"name": case["name"], "problem": problem}));
}

fn drive<S: Read + Write>(ws: &mut WebSocket<S>, case: &Value) -> Outcome {
    exchange(ws, case)?;
    let code = case["code"].as_u64().map(|code| code as u16);
    let reason = case["reason"].as_str().unwrap_or_default();
    let frame = code.map(|code| CloseFrame { code: code.into(), reason: reason.into() });
    check("close", close(ws, frame)?, code.map(|code| (code, Utf8Bytes::default())))
}

/// The code and reason that came back before a clean end.
fn close<S: Read + Write>(
    ws: &mut WebSocket<S>,
    frame: Option<CloseFrame>,
) -> Outcome<Option<(u16, Utf8Bytes)>> {
    ws.close(frame)?;
    let Message::Close(reply) = ws.read()? else {
        return Err("something else than a Close".into());
    };
    match ws.read() {
        Err(tungstenite::Error::ConnectionClosed) => Ok(reply.map(|reply| (reply.code.into(), reply.reason))),
        other => Err(format!("not a clean end: {other:?}").into()),
    }
}

fn exchange<S: Read + Write>(ws: &mut WebSocket<S>, case: &Value) -> Outcome {
    let mut pings = case["pings"].as_array().into_iter().flatten().map(size);
    let (message, opcode) = match case["text"].as_str() {
        Some(text) => (Message::text(text.repeat(size(&case["repeat"]))), Data::Text),
        None if !case["binary"].is_null() => (Message::binary(pattern(size(&case["binary"]))), Data::Binary),
        None => return pings.try_for_each(|size| ping(ws, size)),
    };
    let frames = size(&case["frames"]);
    if frames == 1 {
        ws.send(message.clone())?;
    } else {
        let payload = message.clone().into_data();
        let cut = |n| payload.len() * n / frames;
        for i in 0..frames {
            let opcode = OpCode::Data(if i == 0 { opcode } else { Data::Continue });
            let part = payload.slice(cut(i)..cut(i + 1));
            ws.send(Message::Frame(Frame::message(part, opcode, i + 1 == frames)))?;
            if let Some(size) = pings.next() {
                ping(ws, size)?;
            }
        }
    }
    let echo = ws.read()?;
    check("type", (echo.is_text(), echo.is_binary()), (message.is_text(), message.is_binary()))?;
    check("length", echo.len(), message.len())?;
    check("same bytes", echo == message, true)
}

fn ping<S: Read + Write>(ws: &mut WebSocket<S>, size: usize) -> Outcome {
    let payload = pattern(size);
    ws.send(Message::Ping(payload.clone().into()))?;
    check("pong", ws.read()?, Message::Pong(payload.into()))
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap_or_default() as usize
}

fn pattern(size: usize) -> Vec<u8> {
    // 251 is prime, so that no mistake about an offset goes unnoticed.
    (0..=250).cycle().take(size).collect()
}

fn check<T: PartialEq + Debug>(what: &str, seen: T, expected: T) -> Outcome {
    if seen == expected {
        return Ok(());
    }
    Err(format!("{what}: {seen:?} seen, {expected:?} expected").into())
}
