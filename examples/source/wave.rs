//! A wave of any size from a seeded generator: the same numbers give the same wave everywhere.

use order_workflow::sourcing::batch::{
    UnmetPolicy, Urgency, Wave, WaveBudget, WaveError, WaveLine, WaveLocation, WaveOrder, WavePlan,
    solve_wave,
};

/// Plans a wave of `orders` over `locations` and says in a few lines what came of it.
pub fn run(orders: usize, locations: usize) -> Result<String, WaveError> {
    let wave = generated(orders, locations);
    let plan = solve_wave(&wave, WaveBudget::default())?;
    Ok(told(&wave, &plan))
}

fn told(wave: &Wave, plan: &WavePlan) -> String {
    let wanted: u64 =
        wave.orders.iter().flat_map(|order| &order.lines).map(|line| u64::from(line.units)).sum();
    let shipped: u64 = plan.picks.iter().flatten().map(|pick| u64::from(pick.units)).sum();
    let split = plan.picks.iter().filter(|picks| {
        picks.iter().any(|pick| Some(pick.location) != picks.first().map(|first| first.location))
    });
    format!(
        "{} orders over {} locations: {shipped} of {wanted} units ship, {} orders are split\n\
         cost {}, proven bound {}, gap {}.{:04} %, {} orders solved on the way",
        wave.orders.len(),
        wave.locations.len(),
        split.count(),
        plan.cost,
        plan.bound(),
        plan.gap_ppm() / 10_000,
        plan.gap_ppm() % 10_000,
        plan.solves,
    )
}

/// Numbers by multiplication and shifts (SplitMix64, Steele and others 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (drawn ^ (drawn >> 31)) % end.max(1)
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

/// A wave on a map of 1,000 by 1,000 km: parcels and units cost by distance, popular goods are wanted more often, and
/// of most goods there is a little less than is wanted, spread thinly.
pub fn generated(orders: usize, locations: usize) -> Wave {
    let mut draw = Draw(0x0B5E_55ED);
    let skus = (orders / 20).clamp(6, 2_000);
    let sites: Vec<(i64, i64)> = (0..locations).map(|_| point(&mut draw)).collect();
    let values: Vec<i64> = (0..skus).map(|_| draw.between(800, 9_000) as i64).collect();
    let mut wanted = vec![0_u64; skus];
    let orders: Vec<WaveOrder> =
        (0..orders).map(|_| order(&mut draw, &sites, &values, &mut wanted)).collect();
    let mut stock = vec![vec![0_u32; skus]; locations];
    for (sku, wanted) in wanted.iter().enumerate() {
        let there = wanted * draw.between(70, 130) / 100;
        let places = draw.between(2, 12);
        for _ in 0..places {
            let place = draw.below(locations as u64) as usize;
            if let Some(cell) = stock.get_mut(place).and_then(|row| row.get_mut(sku)) {
                *cell += u32::try_from(there / places + u64::from(draw.one_in(2))).unwrap_or(0);
            }
        }
    }
    let sku_cost = stock.iter().map(|row| row.iter().map(|_| draw.between(5, 60) as i64).collect()).collect();
    let units: u64 = wanted.iter().sum();
    let locations = (0..locations).map(|_| WaveLocation {
        capacity: draw
            .one_in(2)
            .then(|| units * draw.between(60, 150) / (100 * locations as u64) + 3)
            .map(|c| c as u32),
    });
    Wave { locations: locations.collect(), stock, sku_cost, orders }
}

fn point(draw: &mut Draw) -> (i64, i64) {
    (draw.below(1_000) as i64, draw.below(1_000) as i64)
}

fn order(draw: &mut Draw, sites: &[(i64, i64)], values: &[i64], wanted: &mut [u64]) -> WaveOrder {
    let home = point(draw);
    // The larger of two distances, and less than half of the smaller: near enough to a straight line.
    let far = |site: &(i64, i64)| {
        let (across, along) = ((site.0 - home.0).abs(), (site.1 - home.1).abs());
        across.max(along) + across.min(along) * 2 / 5
    };
    let urgency = Urgency {
        tier: draw.below(3) as u8,
        days_past_promise: draw.below(8) as i32 - 5,
        age_hours: draw.below(96) as u32,
    };
    let mut lines: Vec<WaveLine> = Vec::new();
    for _ in 0..draw.between(1, 5).min(draw.between(1, 5)) {
        // The square of an even draw: a few goods are wanted often.
        let drawn = draw.below(values.len() as u64);
        let sku = (drawn * drawn / values.len() as u64) as usize;
        let units = draw.between(1, 6).min(draw.between(1, 6)) as u32;
        if lines.iter().all(|line| line.sku as usize != sku) {
            let value = values.get(sku).copied().unwrap_or(0);
            let unmet_cost = UnmetPolicy::default().price(value, urgency);
            lines.push(WaveLine { sku: sku as u32, units, unmet_cost });
            wanted.iter_mut().skip(sku).take(1).for_each(|count| *count += u64::from(units));
        }
    }
    WaveOrder {
        lines,
        fixed_cost: sites.iter().map(|site| 590 + far(site) / 150 * 300).collect(),
        unit_cost: sites.iter().map(|site| 30 + far(site) / 8).collect(),
        max_locations: draw.one_in(4).then(|| draw.between(1, 2) as u32),
        complete: draw.one_in(5),
    }
}
