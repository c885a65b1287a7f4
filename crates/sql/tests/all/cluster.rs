//! Processes on loopback: a scheduler, two executors, clients.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A process that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts a process of the cluster and waits for its first line.
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rlx-fft-cluster"))
            .args(args)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(first.starts_with(args[0]), "{first}");
        // A full pipe would stop the process.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

struct Cluster {
    address: String,
    dir: tempfile::TempDir,
    executors: Vec<Process>,
    scheduler: Process,
}

impl Cluster {
    fn start(executors: usize) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{port}");
        let scheduler = Process::start(&[
            "scheduler",
            "--port",
            &port.to_string(),
            "--host",
            "127.0.0.1",
            "--executor-timeout",
            "4",
        ]);
        let executors = (0..executors)
            .map(|n| {
                let work = dir.path().join(format!("work{n}"));
                std::fs::create_dir(&work).unwrap();
                let work = work.to_str().unwrap();
                Process::start(&[
                    "executor",
                    "--scheduler",
                    &address,
                    "--slots",
                    "2",
                    "--heartbeat",
                    "1",
                    "--work-dir",
                    work,
                ])
            })
            .collect();
        let cluster = Self { address, dir, executors, scheduler };
        // Executors register when they are up; a query waits for the first one only.
        cluster.succeed("select 1");
        cluster
    }

    fn command(&self, sql: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rlx-fft-sql"));
        command.args([sql, "--cluster", &self.address, "-f", "csv"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, sql: &str) -> Output {
        self.command(sql).output().unwrap()
    }

    fn succeed(&self, sql: &str) -> String {
        let output = self.run(sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until every executor has run a task of a query over this data.
    fn all_take_part(&self, from: &str) {
        let start = Instant::now();
        while (0..self.executors.len()).any(|executor| files(&self.work(executor)) == 0) {
            assert!(start.elapsed() < Duration::from_secs(120), "an executor gets no task");
            self.succeed(&format!("select device, count(*) n from '{from}' group by device"));
        }
    }

    fn work(&self, executor: usize) -> PathBuf {
        self.dir.path().join(format!("work{executor}"))
    }
}

fn alone(sql: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rlx-fft-sql")).args([sql, "-f", "csv"]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns samples of 200 devices in six files, each file with a stretch of time of every device.
fn data(dir: &Path, samples: usize) -> String {
    let data = dir.join("data");
    std::fs::create_dir(&data).unwrap();
    for part in 0..6 {
        let (from, to) = (part * samples / 6 * 200, (part + 1) * samples / 6 * 200 - 1);
        alone(&format!(
            "copy (select value % 200 as device, cast(value / 200 as double) / 50.0 as ts,
                    cast(sin(value / 200 * (0.1 + 0.01 * (value % 200))) + 0.3 * sin(value * 12.9898) as float) as v
             from generate_series({from}, {to})) to '{}'",
            data.join(format!("{part}.parquet")).display()
        ));
    }
    format!("{}/*.parquet", data.display())
}

/// Rows of `device,number`, compared to single precision.
fn assert_same(got: &str, expected: &str) {
    let rows = |text: &str| -> Vec<(String, f64)> {
        let rows = text.lines().skip(1).map(|line| line.split_once(',').unwrap());
        rows.map(|(device, value)| (device.to_owned(), value.parse().unwrap())).collect()
    };
    let (got, expected) = (rows(got), rows(expected));
    assert_eq!(got.len(), expected.len());
    for (g, e) in got.iter().zip(&expected) {
        assert_eq!(g.0, e.0);
        assert!((g.1 - e.1).abs() <= 1e-5 * e.1.abs(), "{g:?} {e:?}");
    }
}

/// Returns the strongest bin's power of each device, from the mergeable spectrum.
fn spectra(from: &str) -> String {
    format!(
        "select device, array_max(psd_agg(v, ts, 50.0, 64)) p from '{from}' group by device order by device"
    )
}

#[test]
fn a_cluster_gives_the_answer_of_one_process() {
    let cluster = Cluster::start(2);
    let from = data(cluster.dir.path(), 600);
    let sql = spectra(&from);
    let expected = alone(&sql);
    assert_eq!(expected.lines().count(), 201);
    cluster.all_take_part(&from);
    assert_same(&cluster.succeed(&sql), &expected);
    // The data has at least four partitions, and the aggregate two phases.
    let plan = alone(&format!("select count(*) n from (select distinct device from '{from}')"));
    assert_eq!(plan, "n\n200\n");
    let sql = format!(
        "select device, welch_agg(x, 50.0, 64)[3] p from
         (select device, array_agg(v order by ts) x from '{from}' group by device, floor(ts / 4)) group by device order by device"
    );
    assert_same(&cluster.succeed(&sql), &alone(&sql));
    let sql = format!(
        "select device, welch_peaks(array_agg(v order by ts), 50.0, 64, 1)[1]['power'] p from '{from}' group by device order by device"
    );
    assert_same(&cluster.succeed(&sql), &alone(&sql));

    // What is wrong is said as on one machine.
    for (sql, expected) in [
        (
            format!("select device, psd_agg(v, ts, 50.0, 1) p from '{from}' group by device"),
            "psd_agg: n_fft: must be at least 2, got 1",
        ),
        (
            format!("select welch_psd(array_agg(v), 50.0, 100000) from '{from}' where device = 3"),
            "welch_psd: samples: row 0 of the record batch: signal of 600 samples is shorter",
        ),
        (
            format!("select psd_agg(v, ts, 5.0, 64) from '{from}' where device = 3"),
            "psd_agg: ts: two rows have values",
        ),
        ("selec 1".to_owned(), "Expected: an SQL statement"),
        ("select no_such(1)".to_owned(), "no_such"),
        ("select * from read_signal('a.wav')".to_owned(), "read_signal: reads files of one machine"),
    ] {
        let output = cluster.run(&sql);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{sql}: {error}");
        assert!(error.contains(expected), "{sql}: {error}");
    }
    // And after all that the cluster still works.
    assert_same(&cluster.succeed(&spectra(&from)), &expected);
}

#[test]
fn a_query_survives_an_executor_that_is_killed() {
    let mut cluster = Cluster::start(2);
    let from = data(cluster.dir.path(), 6000);
    let sql = spectra(&from);
    let expected = alone(&sql);
    cluster.all_take_part(&from);
    // As soon as the first executor holds shuffled data of the query, it and its data are gone.
    let before = files(&cluster.work(0));
    let mut query = cluster.command(&sql).spawn().unwrap();
    wait_for_files(&cluster.work(0), before, &mut query);
    cluster.executors[0].0.kill().unwrap();
    cluster.executors[0].0.wait().unwrap();
    std::fs::remove_dir_all(cluster.work(0)).unwrap();
    assert!(query.try_wait().unwrap().is_none(), "the query ended before the executor was killed");
    let output = query.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(&String::from_utf8(output.stdout).unwrap(), &expected);
}

#[test]
fn a_lost_scheduler_is_named() {
    let mut cluster = Cluster::start(1);
    let from = data(cluster.dir.path(), 3000);
    cluster.all_take_part(&from);
    let before = files(&cluster.work(0));
    let mut query = cluster.command(&spectra(&from)).spawn().unwrap();
    wait_for_files(&cluster.work(0), before, &mut query);
    cluster.scheduler.0.kill().unwrap();
    cluster.scheduler.0.wait().unwrap();
    let output = query.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains(&format!("the connection to the scheduler at {} broke off", cluster.address)),
        "{error}"
    );
    let output = cluster.run("select 1");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no scheduler answers there"), "{error}");
}

/// Waits until an executor has written more than it had; the query must still run then.
fn wait_for_files(work: &Path, before: usize, query: &mut Child) {
    let start = Instant::now();
    while files(work) <= before {
        assert!(query.try_wait().unwrap().is_none(), "the query ended before anything was shuffled");
        assert!(start.elapsed() < Duration::from_secs(120), "the executor got no task");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Files with something in them, however deep.
fn files(dir: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let count = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() { files(&path) } else { usize::from(entry.metadata().is_ok_and(|m| m.len() > 0)) }
    };
    entries.flatten().map(count).sum()
}
