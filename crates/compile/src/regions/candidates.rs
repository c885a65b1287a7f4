//! Lists the regions that may begin at an op.

use super::{Framed, Learned, LogMel, Region, Spectrogram, Task, Transform, Welch};
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::params::{Average, Band, MelFilterbankParams};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// A graph with precomputed lookups for recognition.
pub struct View<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Types of its values.
    pub types: &'a [ValueType],
    users: Vec<Vec<NodeId>>,
}

impl<'a> View<'a> {
    /// Creates a view of a graph of these types.
    pub fn new(graph: &'a Graph, types: &'a [ValueType]) -> Self {
        Self { graph, types, users: graph.users() }
    }

    pub(crate) fn op(&self, id: NodeId) -> &'a Op {
        &self.graph.nodes()[id.0].op
    }

    pub(crate) fn operand(&self, id: NodeId) -> Option<NodeId> {
        self.graph.nodes()[id.0].inputs.first().copied()
    }

    fn is_output(&self, id: NodeId) -> bool {
        self.op(id).kind() == OpKind::Output
    }

    /// Returns whether this value is an output.
    pub(crate) fn is_result(&self, id: NodeId) -> bool {
        self.users[id.0].iter().any(|u| self.is_output(*u))
    }

    /// Returns the ops that use this value.
    pub(crate) fn users(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.users[id.0].iter().copied().filter(|u| !self.is_output(*u))
    }

    /// Returns the only user of this value, if there is exactly one.
    fn only_user(&self, id: NodeId) -> Option<NodeId> {
        let mut users = self.users(id);
        let user = users.next()?;
        (users.next().is_none() && !self.is_result(id)).then_some(user)
    }

    /// Returns whether the op is a prologue: other ops apply it while loading, and their regions contain it.
    pub(crate) fn is_loaded(&self, id: NodeId) -> bool {
        matches!(self.types[id.0].kind, ValueKind::Frames { .. }) && !self.is_result(id)
    }
}

/// Returns the regions that may begin at an op which is not applied while loading, the largest first. The last one is
/// the op alone with its prologue.
pub fn candidates(view: &View<'_>, id: NodeId) -> Vec<Region> {
    let Some(operand) = view.operand(id) else { return Vec::new() };
    if let ValueKind::Frames { .. } = view.types[id.0].kind {
        return frames(view, id).into_iter().collect();
    }
    let single =
        |op: &Op| Region { task: Task::Op(op.clone()), nodes: vec![id], source: operand, results: vec![id] };
    match view.op(id) {
        Op::Input { .. } | Op::Output { .. } => Vec::new(),
        Op::Fft { .. } => match transform(view, id) {
            Some((transform, nodes)) => of_transform(view, id, transform, nodes),
            None => Vec::new(),
        },
        Op::Butterfly(_) => learned(view, id),
        op @ Op::Preemphasis { coefficient, .. } => {
            let mut all = pre_emphasised(view, id, operand, *coefficient);
            all.push(single(op));
            all
        }
        // If the transform has another reader, its spectrum is a value, or it is computed again.
        op @ (Op::Power { .. } | Op::Magnitude) => {
            let again = transform(view, operand).map(|(t, nodes)| of_values(view, id, t, nodes));
            std::iter::once(single(op)).chain(again.into_iter().flatten()).collect()
        }
        Op::WelchPeaks(spec) => {
            let (nodes, results) = (vec![id], vec![id]);
            vec![Region { task: Task::WelchPeaks(spec.clone()), nodes, source: operand, results }]
        }
        op @ (Op::Segment { .. }
        | Op::Detrend { .. }
        | Op::Window { .. }
        | Op::InverseFft { .. }
        | Op::Average { .. }
        | Op::Psd { .. }
        | Op::TopK { .. }
        | Op::LocalPeaks(_)
        | Op::MelFilterbank(_)
        | Op::Log { .. }
        | Op::ClampNormalise { .. }
        | Op::NormaliseFeatures { .. }
        | Op::SpectralMask { .. }
        | Op::Affine { .. }
        | Op::CrossSpectra(_)
        | Op::LimbPsd(_)) => vec![single(op)],
    }
}

fn frames(view: &View<'_>, id: NodeId) -> Option<Region> {
    let framed = Framed::of(view.graph, view.types, id)?;
    let (nodes, source) = (framed.nodes.clone(), framed.source);
    Some(Region { task: Task::Frames(framed), nodes, source, results: vec![id] })
}

/// Returns a transform with the frames that it loads, and all of their ops.
fn transform(view: &View<'_>, fft: NodeId) -> Option<(Transform, Vec<NodeId>)> {
    let Op::Fft { n_fft, layout, keep, .. } = *view.op(fft) else { return None };
    let frames = Framed::of(view.graph, view.types, view.operand(fft)?)?;
    let nodes = frames.nodes.iter().copied().chain([fft]).collect();
    let bins = view.types[fft.0].last();
    Some((Transform { frames, n_fft, bins, layout, keep }, nodes))
}

fn of_transform(view: &View<'_>, fft: NodeId, transform: Transform, nodes: Vec<NodeId>) -> Vec<Region> {
    let mut all = match view.only_user(fft) {
        Some(user) if matches!(view.op(user).kind(), OpKind::Power | OpKind::Magnitude) => {
            of_values(view, user, transform.clone(), nodes.clone())
        }
        _ => Vec::new(),
    };
    let source = transform.frames.source;
    all.push(Region { task: Task::Transform(transform), nodes, source, results: vec![fft] });
    all
}

/// Regions that begin with the powers or the magnitudes of a transform.
fn of_values(view: &View<'_>, id: NodeId, transform: Transform, mut nodes: Vec<NodeId>) -> Vec<Region> {
    if view.op(id).kind() != OpKind::Magnitude {
        return of_powers(view, id, transform, nodes);
    }
    nodes.push(id);
    let (source, bins) = (transform.frames.source, transform.bins);
    let values = Spectrogram { transform, bins, doubled: false, magnitude: true, scaling: None };
    vec![Region { task: Task::Spectrogram(values), nodes, source, results: vec![id] }]
}

/// Regions that begin with the powers of a transform.
fn of_powers(view: &View<'_>, power: NodeId, transform: Transform, mut nodes: Vec<NodeId>) -> Vec<Region> {
    let Op::Power { one_sided } = *view.op(power) else { return Vec::new() };
    nodes.push(power);
    let bins = view.types[power.0].last();
    let powers = Spectrogram { transform, bins, doubled: one_sided, magnitude: false, scaling: None };
    let mut all = Vec::new();
    let mut scaled = None;
    match view.only_user(power).map(|user| (user, view.op(user))) {
        Some((bank, Op::MelFilterbank(filters))) => {
            all.extend(mel(view, bank, filters, &powers, &nodes));
        }
        Some((average, &Op::Average { average: kind })) => {
            all.extend(welch(view, average, kind, &powers, &nodes));
        }
        Some((psd, &Op::Psd { sample_rate, scaling })) => scaled = Some((psd, (sample_rate, scaling))),
        _ => {}
    }
    let source = powers.transform.frames.source;
    if let Some((psd, scaling)) = scaled {
        let task = Task::Spectrogram(Spectrogram { scaling: Some(scaling), ..powers.clone() });
        let nodes = nodes.iter().copied().chain([psd]).collect();
        all.push(Region { task, nodes, source, results: vec![psd] });
    }
    all.push(Region { task: Task::Spectrogram(powers), nodes, source, results: vec![power] });
    all
}

/// Returns the regions of an average: scaled with its peaks, scaled, and alone.
fn welch(
    view: &View<'_>,
    average: NodeId,
    kind: Average,
    powers: &Spectrogram,
    nodes: &[NodeId],
) -> Vec<Region> {
    let source = powers.transform.frames.source;
    let region = |scaling, peaks: Option<(NodeId, usize)>, psd: Option<NodeId>| {
        let powers = Spectrogram { scaling, ..powers.clone() };
        let task = Task::Welch(Welch { powers, average: kind, peaks: peaks.map(|(_, k)| k) });
        let more = std::iter::once(average).chain(psd).chain(peaks.map(|(id, _)| id));
        let mut nodes: Vec<NodeId> = nodes.iter().copied().chain(more).collect();
        nodes.sort_unstable();
        let results = std::iter::once(psd.unwrap_or(average)).chain(peaks.map(|(id, _)| id)).collect();
        Region { task, nodes, source, results }
    };
    let psd = |user: NodeId| match *view.op(user) {
        Op::Psd { sample_rate, scaling } => Some((user, (sample_rate, scaling))),
        _ => None,
    };
    let top_k = |user: NodeId| match *view.op(user) {
        Op::TopK { k } => Some((user, k)),
        _ => None,
    };
    let users: Vec<NodeId> = view.users(average).collect();
    let mut all = Vec::new();
    match (&users[..], view.is_result(average)) {
        (&[one], true) => all.extend(top_k(one).map(|peaks| region(None, Some(peaks), None))),
        (&[one], false) => all.extend(psd(one).map(|(id, scaling)| region(Some(scaling), None, Some(id)))),
        (&[one, other], false) => {
            let pair = |a, b| Some((psd(a)?, top_k(b)?));
            if let Some(((id, scaling), peaks)) = pair(one, other).or_else(|| pair(other, one)) {
                all.push(region(Some(scaling), Some(peaks), Some(id)));
            }
        }
        _ => {}
    }
    all.push(region(None, None, None));
    all
}

/// Mel energies with all ops that follow, then with successively fewer of them.
fn mel(
    view: &View<'_>,
    bank: NodeId,
    filters: &MelFilterbankParams,
    powers: &Spectrogram,
    nodes: &[NodeId],
) -> Vec<Region> {
    let mut powers = powers.clone();
    if powers.transform.keep.is_some_and(|keep| holds(keep, filters)) {
        // Bins that no filter reads do not affect the result.
        powers.transform.keep = None;
    }
    let source = powers.transform.frames.source;
    let mut mel =
        LogMel { preemphasis: None, powers, filters: *filters, log: None, clamp: None, features: None };
    let mut nodes: Vec<NodeId> = nodes.iter().copied().chain([bank]).collect();
    let mut last = bank;
    let mut all = Vec::new();
    loop {
        let results = vec![last];
        all.push(Region { task: Task::LogMel(mel.clone()), nodes: nodes.clone(), source, results });
        let Some(user) = view.only_user(last) else { break };
        match *view.op(user) {
            Op::Log { base, floor, add } if mel.log.is_none() => mel.log = Some((base, floor, add)),
            Op::ClampNormalise { below_max, offset, scale, scope }
                if mel.log.is_some() && mel.clamp.is_none() && mel.features.is_none() =>
            {
                mel.clamp = Some((below_max, offset, scale, scope));
            }
            Op::NormaliseFeatures { epsilon } if mel.log.is_some() && mel.features.is_none() => {
                mel.features = Some(epsilon);
            }
            _ => break,
        }
        nodes.push(user);
        last = user;
    }
    all.reverse();
    all
}

/// Returns whether a band has every bin that a filter reads.
fn holds(band: Band, filters: &MelFilterbankParams) -> bool {
    let bin = |f: f64| f * filters.n_fft as f64 / filters.sample_rate;
    let high = bin(filters.f_max.unwrap_or(filters.sample_rate / 2.0)).ceil() as usize;
    let low = bin(filters.f_min).floor() as usize;
    band.lo <= low && high.min(one_sided_bins(filters.n_fft) - 1) < band.hi
}

/// Log-mel of rows that are pre-emphasised for it alone.
fn pre_emphasised(view: &View<'_>, id: NodeId, source: NodeId, coefficient: f64) -> Vec<Region> {
    let mut at = view.only_user(id);
    while let Some(node) = at.filter(|n| view.is_loaded(*n)) {
        at = view.only_user(node);
    }
    let Some(fft) = at.filter(|fft| view.op(*fft).kind() == OpKind::Fft) else { return Vec::new() };
    let regions = candidates(view, fft).into_iter().filter_map(|region| match region.task {
        Task::LogMel(mel) if region.source == id => {
            let task = Task::LogMel(LogMel { preemphasis: Some(coefficient), ..mel });
            let nodes = std::iter::once(id).chain(region.nodes).collect();
            Some(Region { task, nodes, source, results: region.results })
        }
        _ => None,
    });
    regions.collect()
}

/// Returns the regions of a learned transform: the peaks, the average with successively fewer ops after it, the
/// spectra.
fn learned(view: &View<'_>, id: NodeId) -> Vec<Region> {
    let (Op::Butterfly(spec), Some(operand)) = (view.op(id), view.operand(id)) else { return Vec::new() };
    let Some(frames) = Framed::of(view.graph, view.types, operand) else { return Vec::new() };
    let source = frames.source;
    let mut nodes: Vec<NodeId> = frames.nodes.iter().copied().chain([id]).collect();
    let mut task =
        Learned { frames, spec: spec.clone(), averaged: false, affine: None, mask: None, peaks: None };
    let region = |task: &Learned, nodes: &[NodeId], last| Region {
        task: Task::Learned(task.clone()),
        nodes: nodes.to_vec(),
        source,
        results: vec![last],
    };
    let mut all = vec![region(&task, &nodes, id)];
    let power = view.only_user(id).filter(|p| matches!(view.op(*p), Op::Power { one_sided: true }));
    let average = power.and_then(|p| view.only_user(p));
    if let (Some(power), Some(average)) = (power, average)
        && matches!(view.op(average), Op::Average { average: Average::Mean })
    {
        task.averaged = true;
        nodes.extend([power, average]);
        let mut last = average;
        loop {
            all.push(region(&task, &nodes, last));
            let Some(user) = view.only_user(last) else { break };
            match view.op(user) {
                Op::Affine { scale, offset } if task.affine.is_none() && task.mask.is_none() => {
                    task.affine = Some((*scale, *offset));
                }
                Op::SpectralMask { mask } if task.mask.is_none() => task.mask = Some(mask.clone()),
                Op::TopK { k } if task.peaks.is_none() => task.peaks = Some(*k),
                _ => break,
            }
            nodes.push(user);
            last = user;
            if task.peaks.is_some() {
                all.push(region(&task, &nodes, last));
                break;
            }
        }
    }
    all.reverse();
    all
}
