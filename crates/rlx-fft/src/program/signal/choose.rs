//! Selects channels of the readers of a file. Names and numbers refer to the whole file.

use crate::flags::Pair;
use anyhow::{Result, bail};
use rlx_io::read::{ChannelInfo, SignalInfo};

/// Largest number of names in a message.
const SHOWN: usize = 40;

/// The selected channels of each reader, as indices; empty for other readers.
pub(crate) type Choice = Vec<Vec<usize>>;

/// Returns the channels of these names; all if there are no names.
pub(super) fn channels(infos: &[&SignalInfo], names: &[String]) -> Result<Choice> {
    if names.is_empty() {
        return Ok(infos.iter().map(|info| (0..info.channels.len()).collect()).collect());
    }
    let mut choice = vec![Vec::new(); infos.len()];
    for name in names {
        for (reader, index) in find(infos, name)? {
            if !choice[reader].contains(&index) {
                choice[reader].push(index);
            }
        }
    }
    Ok(choice)
}

/// Returns the two channels of a pair, in every reader that has both.
pub(super) fn pair(infos: &[&SignalInfo], pair: &Pair) -> Result<Choice> {
    let mut choice = vec![Vec::new(); infos.len()];
    let (a, b) = halves(infos, pair)?;
    let (found_a, found_b) = (find(infos, &a)?, find(infos, &b)?);
    for &(reader, a_index) in &found_a {
        for &(_, b_index) in found_b.iter().filter(|(other, _)| *other == reader) {
            if a_index == b_index {
                bail!("{a}:{b}: both are channel {}", infos[reader].channels[a_index].name);
            }
            if choice[reader].is_empty() {
                choice[reader] = vec![a_index, b_index];
            }
        }
    }
    if choice.iter().all(Vec::is_empty) {
        let of = |found: &[(usize, usize)]| {
            found
                .first()
                .and_then(|(reader, _)| infos[*reader].sample_rate)
                .map_or("?".into(), |r| r.to_string())
        };
        bail!(
            "channels {a} ({} Hz) and {b} ({} Hz) are of different signals: only channels of one rate have a cross spectrum",
            of(&found_a),
            of(&found_b)
        );
    }
    Ok(choice)
}

/// Returns the halves of `A:B`. Names may contain colons and may be quoted; the split at which both channels exist is
/// used.
fn halves(infos: &[&SignalInfo], pair: &Pair) -> Result<(String, String)> {
    if find(infos, &pair.a).is_ok() && find(infos, &pair.b).is_ok() {
        return Ok((pair.a.clone(), pair.b.clone()));
    }
    let text = format!("{}:{}", pair.a, pair.b);
    let bare =
        |half: &str| half.strip_prefix('"').and_then(|h| h.strip_suffix('"')).unwrap_or(half).to_owned();
    let splits = text.match_indices(':').map(|(at, _)| (bare(&text[..at]), bare(&text[at + 1..])));
    let mut known = splits.filter(|(a, b)| find(infos, a).is_ok() && find(infos, b).is_ok());
    match (known.next(), known.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => {
            bail!("{text}: more than one pair of channels matches; put the names in quotes")
        }
        (None, _) => {
            let (a, b) = (bare(&pair.a), bare(&pair.b));
            find(infos, &a)?;
            find(infos, &b)?;
            Ok((a, b))
        }
    }
}

/// Returns the positions of a channel: by its exact name (in every reader that has it), by its number in the file, by
/// the name of its part, or by its name ignoring case.
fn find(infos: &[&SignalInfo], wanted: &str) -> Result<Vec<(usize, usize)>> {
    let all = |meant: &dyn Fn(&SignalInfo, &ChannelInfo) -> bool| -> Vec<(usize, usize)> {
        let in_reader = |(reader, info): (usize, &&SignalInfo)| {
            info.channels.iter().position(|channel| meant(info, channel)).map(|index| (reader, index))
        };
        infos.iter().enumerate().filter_map(in_reader).collect()
    };
    let number: Option<usize> = wanted.parse().ok();
    let in_part = |info: &SignalInfo, channel: &ChannelInfo| {
        info.part.as_ref().is_some_and(|part| match wanted.strip_prefix(part.as_str()) {
            Some("") => true,
            Some(rest) => rest.strip_prefix(':') == Some(channel.name.as_str()),
            None => false,
        })
    };
    type Matches<'a> = &'a dyn Fn(&SignalInfo, &ChannelInfo) -> bool;
    let ways: [Matches<'_>; 4] = [
        &|_, channel| channel.name == wanted,
        &|_, channel| Some(channel.number) == number,
        &in_part,
        &|_, channel| channel.name.eq_ignore_ascii_case(wanted),
    ];
    for (kind, way) in ways.into_iter().enumerate() {
        let mut found = all(way);
        if kind == 2 && infos.iter().any(|info| info.part.as_deref() == Some(wanted)) {
            // The name of a part alone means all its channels.
            found = (0..infos.len())
                .filter(|reader| infos[*reader].part.as_deref() == Some(wanted))
                .flat_map(|reader| (0..infos[reader].channels.len()).map(move |index| (reader, index)))
                .collect();
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    bail!("no channel '{wanted}' among the {}", list(infos))
}

/// Returns all names, with the rates if there are several.
fn list(infos: &[&SignalInfo]) -> String {
    let mut named: Vec<(usize, String)> = Vec::new();
    for info in infos {
        let rate = match (infos.len(), info.sample_rate) {
            (1, _) => String::new(),
            (_, Some(rate)) => format!(" ({rate} Hz)"),
            (_, None) => info.part.as_ref().map(|part| format!(" ({part})")).unwrap_or_default(),
        };
        for channel in &info.channels {
            named.push((channel.number, format!("{}{rate}", channel.name)));
        }
    }
    named.sort();
    named.dedup();
    let count = named.len();
    let mut names: Vec<String> = named.into_iter().take(SHOWN).map(|(_, name)| name).collect();
    if count > SHOWN {
        names.push(format!("… and {} more (rlx-fft info lists them)", count - SHOWN));
    }
    format!("{count}: {}", names.join(", "))
}
