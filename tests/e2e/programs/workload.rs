// Proves that a Rust program (threads, channels, processes, sockets, panics, files) does its work. Prints only what is the same
// in every run.
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

fn threads() {
    let total = Arc::new(AtomicU64::new(0));
    let guarded = Arc::new(Mutex::new(0u64));
    let barrier = Arc::new(Barrier::new(64));
    let handles: Vec<_> = (0..64u64)
        .map(|number| {
            let (total, guarded, barrier) = (total.clone(), guarded.clone(), barrier.clone());
            thread::spawn(move || {
                barrier.wait();
                for _ in 0..1000 {
                    total.fetch_add(number, Ordering::Relaxed);
                    *guarded.lock().unwrap() += 1;
                }
                number
            })
        })
        .collect();
    let sum: u64 = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
    println!("threads {} {} {}", sum, total.load(Ordering::Relaxed), guarded.lock().unwrap());

    let (sender, receiver) = mpsc::channel();
    for i in 0..8 {
        let sender = sender.clone();
        thread::spawn(move || (0..1000).for_each(|j| sender.send(i * j).unwrap()));
    }
    drop(sender);
    println!("channel {}", receiver.iter().sum::<u64>());

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    thread::spawn(move || {
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
    let outcome = pair.1.wait_timeout(ready, Duration::from_millis(20)).unwrap().1;
    println!("condition {}", outcome.timed_out());

    let mut numbers = vec![0u64; 1000];
    thread::scope(|scope| {
        for chunk in numbers.chunks_mut(100) {
            scope.spawn(move || chunk.iter_mut().for_each(|x| *x += 2));
        }
    });
    println!("scoped {}", numbers.iter().sum::<u64>());
    let begin = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("slept {}", begin.elapsed() >= Duration::from_millis(20));
}

fn panics() {
    panic::set_hook(Box::new(|_| {}));
    let caught = (0..100).filter(|i| panic::catch_unwind(|| [1, 2, 3][(i + 3) as usize]).is_err()).count();
    println!("caught {}", caught);
    println!("thread {:?}", thread::spawn(|| panic!("in a thread")).join().unwrap_err().downcast_ref::<&str>());
}

fn processes() {
    let output = Command::new("echo").args(["from", "a child"]).output().unwrap();
    println!("echo {:?} {:?}", String::from_utf8_lossy(&output.stdout), output.status.code());
    let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = cat.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(&vec![b'c'; 300_000]).unwrap());
    println!("cat {}", cat.wait_with_output().unwrap().stdout.len());
    writer.join().unwrap();
    let shell = Command::new("sh").args(["-c", "echo $V; pwd; exit 7"]).env_clear().env("V", "value").current_dir("/usr/share").output().unwrap();
    println!("shell {:?} {:?}", String::from_utf8_lossy(&shell.stdout), shell.status.code());
    let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
    println!("running {:?}", sleeper.try_wait().unwrap());
    sleeper.kill().unwrap();
    println!("killed {:?}", sleeper.wait().unwrap().signal());
    println!("missing {:?}", Command::new("/nonexistent").spawn().unwrap_err().kind());
    println!("directory {:?}", Command::new("/").spawn().unwrap_err().kind());
    let prepared = unsafe { Command::new("true").pre_exec(|| Err(std::io::Error::from_raw_os_error(7))).spawn() };
    println!("before exec {:?}", prepared.unwrap_err().raw_os_error());
    println!("aborted {:?}", Command::new(std::env::current_exe().unwrap()).arg("abort").status().unwrap().signal());
    println!("overflow {:?}", Command::new(std::env::current_exe().unwrap()).arg("overflow").stderr(Stdio::null()).status().unwrap().signal());
}

fn network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        for stream in listener.incoming().take(100) {
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut message = Vec::new();
                stream.read_to_end(&mut message).unwrap();
                message.reverse();
                stream.write_all(&message).unwrap();
            });
        }
    });
    let clients: Vec<_> = (0..100)
        .map(|i| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                write!(stream, "{}", 1000 + i).unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            })
        })
        .collect();
    let answers: BTreeSet<String> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    server.join().unwrap();
    println!("tcp {} {:?}", answers.len(), answers.iter().next());
    println!("refused {:?}", TcpStream::connect(address).unwrap_err().kind());
    let local = UnixListener::bind("socket").unwrap();
    let mut near = UnixStream::connect("socket").unwrap();
    let (mut far, _) = local.accept().unwrap();
    far.write_all(b"unix").unwrap();
    let mut four = [0; 4];
    near.read_exact(&mut four).unwrap();
    println!("unix {:?}", std::str::from_utf8(&four));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    println!("deadline {:?}", socket.recv(&mut four).unwrap_err().kind());
}

fn files() {
    fs::create_dir_all("a/b").unwrap();
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).open("a/file").unwrap();
    file.write_all(b"0123456789").unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();
    let mut rest = String::new();
    file.read_to_string(&mut rest).unwrap();
    file.sync_all().unwrap();
    file.set_len(3).unwrap();
    fs::rename("a/file", "a/b/moved").unwrap();
    println!("file {} {}", rest, fs::metadata("a/b/moved").unwrap().len());
    println!("missing {:?}", fs::read("none").unwrap_err().kind());
    fs::remove_dir_all("a").unwrap();
    println!("removed {}", fs::metadata("a").is_err());
}

fn overflow(depth: u64) -> u64 {
    let pad = [depth; 64];
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + unsafe { std::ptr::read_volatile(&pad[3]) } }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("abort") => std::process::abort(),
        Some("overflow") => println!("{}", overflow(0)),
        _ => {}
    }
    threads();
    panics();
    processes();
    network();
    files();
    std::process::exit(15);
}
