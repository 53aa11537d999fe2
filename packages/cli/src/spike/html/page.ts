import { formatMs, type SpikeFigures, toRows, toVerdict } from '../report.ts'
import type { DesignFigures } from '../run-design.ts'
import { plotStyle, toPlots } from './plots.ts'
import { chartStyle, darkColours, lightColours, toProperties } from './style.ts'
import { escapeText } from './svg.ts'

const number = (value: number) => value.toLocaleString('en')

/** The result of a spike as one HTML page without requests and scripts. */
export function toPage(figures: SpikeFigures): string {
  const { settings, synchronous, buffered } = figures
  const title = 'The same flood, two designs'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
${pageStyle}
${plotStyle}
${chartStyle}
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="lead">${escapeText(`${number(settings.rate)} writes per second for ${settings.seconds} seconds, on a database that has ${synchronous.budget} connections for them.`)}</p>
<div class="cards">
${toCard('Synchronous', 'Each request writes its row and waits for it.', synchronous)}
${toCard('Buffered', 'Each request is put into a queue; a few functions write it in batches.', buffered)}
</div>
<h2>Over time</h2>
<p class="note">The dotted line is the end of the flood. Both columns have the same scales.</p>
${toPlots(figures)}
<h2>The figures</h2>
${toFiguresTable(figures)}
<p class="note">${escapeText(toVerdict(figures))}</p>
<h2>What limited each design</h2>
<ul>
${toLimits('Synchronous', synchronous)}
${toLimits('Buffered', buffered)}
</ul>
<h2>How it was measured</h2>
<ul>
${toMethod(figures)
  .map((line) => `<li>${escapeText(line)}</li>`)
  .join('\n')}
</ul>
</main>
</body>
</html>
`
}

function toCard(
  name: string,
  what: string,
  { sent, accepted, failed, written, parked, p50Ms }: DesignFigures,
): string {
  const share = (100 * accepted) / Math.max(1, sent)
  const kept = `${number(written)} rows written${parked > 0 ? `, ${number(parked)} dead-lettered` : ''}. Half of the answers within ${formatMs(p50Ms)}.`
  return `<section class="card ${failed > 0 ? 'bad' : 'good'}">
<h2>${name}</h2>
<p class="what">${what}</p>
<p class="big"><strong>${number(failed)}</strong> of ${number(sent)} writes failed</p>
<div class="bar" role="img" aria-label="${number(accepted)} accepted, ${number(failed)} failed"><span style="width:${Math.round(share * 100) / 100}%"></span></div>
<p class="small">${escapeText(kept)}</p>
</section>`
}

/** The figures as an HTML table. */
export function toFiguresTable(figures: SpikeFigures): string {
  const rows = toRows(figures).map(
    ({ label, synchronous, buffered }) =>
      `<tr><th scope="row">${escapeText(label)}</th><td>${escapeText(synchronous)}</td><td>${escapeText(buffered)}</td></tr>`,
  )
  return `<table><thead><tr><td></td><th scope="col">synchronous</th><th scope="col">buffered</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function toLimits(name: string, { limitedBy }: DesignFigures): string {
  return limitedBy
    .map(
      ({ by, why }) => `<li><strong>${name}: ${escapeText(by)}.</strong> ${escapeText(sentence(why))}</li>`,
    )
    .join('\n')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** How the figures were measured, one sentence per line. */
export function toMethod({ settings, machine }: SpikeFigures): readonly string[] {
  const { capacity, wantedConnections, commitMs, environments, maxConnections, rate } = settings
  return [
    `One machine with ${machine.processors} processors and ${machine.memoryGib} GiB (${machine.platform}, Node ${machine.node}) runs the database, the queue, the functions and the load generator. The figures are about the two designs on this machine, not about AWS.`,
    `Each request is sent when it is due, even if responses are slow, and its latency is measured from then.`,
    `Before the clock starts, ${environments} environments of each design are started and invoked once.`,
    capacity === null
      ? `The rate of ${number(rate)} requests per second was set by the user.`
      : `The rate is half of the ${number(Math.round(capacity))} requests per second that this machine handles with the buffered design, and no more than ${environments} environments can handle.`,
    wantedConnections === null
      ? `max_connections was set by the user: ${maxConnections}.`
      : `At this rate the synchronous design holds ${wantedConnections} connections without a limit. max_connections is ${maxConnections}, so the functions get half of them.`,
    `Postgres delays commits by ${commitMs} ms (commit_delay), because a replicated database takes this time and the disk of a laptop does not.`,
    `After the flood, every key that was answered with 2xx is looked up in the table and in the dead-letter queue.`,
  ]
}

const pageStyle = `
:root{color-scheme:light dark;${toProperties(lightColours)}}
@media (prefers-color-scheme:dark){:root{${toProperties(darkColours)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--spike-background);color:var(--spike-text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 16px 64px}
h1{margin:0;font-size:clamp(26px,5vw,40px);line-height:1.15}
h2{margin:40px 0 0;font-size:22px}
.lead{margin:8px 0 24px;font-size:18px;color:var(--spike-muted)}
.note{margin:4px 0 0;color:var(--spike-muted)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:24px}
.card{padding:20px 24px;border:1px solid var(--spike-line);border-top:6px solid var(--spike-accepted);border-radius:10px;background:var(--spike-surface)}
.card.bad{border-top-color:var(--spike-failed)}
.card h2{margin:0;font-size:20px}
.card p{margin:2px 0 0;color:var(--spike-muted)}
.card .what{min-height:3em}
.card .big{margin:14px 0 10px;font-size:20px;color:var(--spike-text)}
.big strong{display:block;font-size:52px;line-height:1.05;color:var(--spike-good);font-variant-numeric:tabular-nums}
.bad .big strong{color:var(--spike-bad)}
.bar{height:14px;border-radius:7px;overflow:hidden;background:var(--spike-failed)}
.bar span{display:block;height:100%;background:var(--spike-accepted)}
.card .small{margin-top:10px;font-size:15px}
table{width:100%;margin-top:12px;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:6px 8px;border-bottom:1px solid var(--spike-line);text-align:right;vertical-align:top}
th[scope=row]{text-align:left;font-weight:400;color:var(--spike-muted)}
ul{padding-left:20px}
li{margin:4px 0}
`.trim()
