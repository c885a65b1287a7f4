//! EDF and BDF files made by hand.
#![allow(dead_code, unreachable_pub, reason = "every test uses some of it")]
#![allow(clippy::allow_attributes, reason = "dead code depends on the test")]

/// One signal: its header fields, and its samples or the bytes of its annotations per record.
pub struct Signal {
    pub label: String,
    pub unit: Vec<u8>,
    pub physical: [String; 2],
    pub digital: [String; 2],
    pub per_record: usize,
    pub samples: Samples,
}

pub enum Samples {
    Digital(Vec<i32>),
    /// One text per record.
    Annotations(Vec<Vec<u8>>),
}

/// A signal in µV whose digital values are tenths of it.
pub fn signal(label: &str, per_record: usize, samples: Vec<i32>) -> Signal {
    Signal {
        label: label.into(),
        unit: b"uV".to_vec(),
        physical: ["-3276.8".into(), "3276.7".into()],
        digital: ["-32768".into(), "32767".into()],
        per_record,
        samples: Samples::Digital(samples),
    }
}

/// A signal of annotations, the texts of each record.
pub fn annotations(bdf: bool, texts: &[String]) -> Signal {
    Signal {
        label: if bdf { "BDF Annotations" } else { "EDF Annotations" }.into(),
        unit: Vec::new(),
        physical: ["-1".into(), "1".into()],
        digital: ["-32768".into(), "32767".into()],
        per_record: 40,
        samples: Samples::Annotations(texts.iter().map(|text| text.clone().into_bytes()).collect()),
    }
}

/// A tone of so many samples at a rate of 100 per second.
pub fn tone(hz: f64, frames: usize) -> Vec<i32> {
    (0..frames)
        .map(|i| (2000.0 * (std::f64::consts::TAU * hz * i as f64 / 100.0).sin()).round() as i32)
        .collect()
}

/// The file, with records of one second. `kind` is `EDF+D` and the like; `claim` the count of records in the header.
pub fn file(bdf: bool, kind: &str, signals: &[Signal], records: usize, claim: &str) -> Vec<u8> {
    fn pad(text: &[u8], width: usize) -> Vec<u8> {
        let mut field = text.to_vec();
        field.resize(width, b' ');
        field
    }
    let mut bytes = if bdf { b"\xffBIOSEMI".to_vec() } else { pad(b"0", 8) };
    bytes.extend(pad("X M X Müller".as_bytes(), 80));
    bytes.extend(pad(b"Startdate X X X X", 80));
    bytes.extend(b"01.01.2000.00.00");
    bytes.extend(pad((256 * (signals.len() + 1)).to_string().as_bytes(), 8));
    bytes.extend(pad(kind.as_bytes(), 44));
    bytes.extend(pad(claim.as_bytes(), 8));
    bytes.extend(pad(b"1", 8));
    bytes.extend(pad(signals.len().to_string().as_bytes(), 4));
    let mut column = |width: usize, of: &dyn Fn(&Signal) -> Vec<u8>| {
        signals.iter().for_each(|signal| bytes.extend(pad(&of(signal), width)));
    };
    column(16, &|s| s.label.clone().into_bytes());
    column(80, &|_| Vec::new());
    column(8, &|s| s.unit.clone());
    column(8, &|s| s.physical[0].clone().into_bytes());
    column(8, &|s| s.physical[1].clone().into_bytes());
    column(8, &|s| s.digital[0].clone().into_bytes());
    column(8, &|s| s.digital[1].clone().into_bytes());
    column(80, &|_| Vec::new());
    column(8, &|s| s.per_record.to_string().into_bytes());
    column(32, &|_| Vec::new());
    let width = if bdf { 3 } else { 2 };
    for record in 0..records {
        for signal in signals {
            match &signal.samples {
                Samples::Digital(samples) => {
                    for sample in &samples[record * signal.per_record..(record + 1) * signal.per_record] {
                        bytes.extend(&sample.to_le_bytes()[..width]);
                    }
                }
                Samples::Annotations(texts) => {
                    let mut text = texts[record].clone();
                    text.resize(signal.per_record * width, 0);
                    bytes.extend(text);
                }
            }
        }
    }
    bytes
}
