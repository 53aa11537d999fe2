/** The help text. */
export const usage = `Usage: spillway <command> [folder or queue] [options]

  dev [folder]      run the app in the folder (default: the current one) on embedded back ends
    PORT=3000         the port of the HTTP gateway; the control server listens on the next one

  spike [folder]    flood the app's two designs and show what each of them loses
    --rate N          requests per second (default: half of what this machine can take, which is measured)
    --seconds 10      the duration
    --max-connections N   of the database (default: half of what the synchronous design wants, which is measured)
    --commit-ms N     how long the database gathers commits before it writes them (default: 40, and more for a low rate)
    --environments N  how many environments of each design start before the flood (default: 8 to 40, by memory)
    --html FILE       write a page with the plots over time
    --json            print only JSON on standard output

  parked list [queue]           list the copies in a dead-letter queue, and leave them there
  parked show [queue] --id ID   show all of one copy; its body is redacted
    queue             the URL of a queue on AWS, or the name of a queue of the app that \`spillway dev\` runs with the
                      same PORT (default: the only dead-letter queue of that app)
    --code CODE       only copies with this code; \`moved\` for messages that SQS moved after too many receives
    --key KEY         only copies of messages with this key
    --id ID           only the copy with this id, or copies of the message with this id
    --older-than 2h   only copies that were parked more than 2 hours ago; s, m, h or d
    --newer-than 2h   only copies that were parked in the last 2 hours
    --limit 1000      read at most this many copies
    --body            show: also print the body and the message attributes
    --json            print only JSON on standard output
    --force           read a queue even though its own redrive policy counts each read
    --endpoint URL, --region NAME   override those of the AWS SDK; credentials come from the SDK

  redrive [queue]   send copies in a dead-letter queue back to their source, unchanged
    queue, --code, --key, --id, --older-than, --newer-than, --endpoint, --region, --force   as above (default: all copies)
    --execute         send them; without this, print what would be sent
    --to QUEUE        the destination (default: the queue that uses it as its dead-letter queue)
    --to-stream NAME  the destination of copies of stream records
    --rate 10         copies per second
    --limit N         send at most this many copies
    --edit            edit each body in $VISUAL or $EDITOR first
    --message ./message.ts#order   the definition that validates edited bodies
    --json            print only JSON on standard output

  help              print this text
`

/** The part of {@link usage} about one command; all of it for an unknown command. */
export function usageOf(command: string | undefined): string {
  const names: readonly (string | undefined)[] = command === 'redrive' ? ['parked', 'redrive'] : [command]
  const sections = usage.split('\n\n').filter((section) => names.includes(section.trim().split(' ')[0]))
  return sections.length === 0 ? usage : `Usage: spillway ${sections.join('\n\n').trim()}\n`
}
