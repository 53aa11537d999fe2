/** What the command line understands. */
export const usage = `Usage: spillway <command> [folder or queue] [options]

  dev [folder]      run the app in the folder (default: this one) on embedded back ends
    PORT=3000         the port of the HTTP gateway; the control server takes the next one

  spike [folder]    flood the app's two designs and show what each of them loses
    --rate N          requests a second (default: half of what this machine takes, which is measured)
    --seconds 10      how long
    --max-connections N   of the database (default: half of what the synchronous design wants, which is measured)
    --commit-ms N     how long the database gathers commits before it writes them (default: 40, and more for a low rate)
    --environments N  how many environments of each design are started before the flood (default: 8 to 40, by memory)
    --html FILE       write a page with the plots over time
    --json            print the figures as JSON, and nothing else, on standard output

  parked list [queue]           list the copies in a dead-letter queue; all of them stay there
  parked show [queue] --id ID   show one copy whole; its body is redacted
    queue             the URL of a queue on AWS, or the name of one of the app that \`spillway dev\` runs with the same
                      PORT (default: its only dead-letter queue)
    --code CODE       only copies with this code; \`moved\` for those that SQS moved after too many receives
    --key KEY         only copies of the message with this key
    --id ID           only the copy with this id, or the copy of the message with this id
    --older-than 2h   only copies that were parked longer ago; s, m, h or d
    --newer-than 2h   only copies that were parked since
    --limit 1000      look at so many copies at most
    --body            show: print body and attributes, too
    --json            print JSON, and nothing else, on standard output
    --force           look even at a queue whose own redrive policy counts each look
    --endpoint URL, --region NAME   in place of those that the AWS SDK finds; credentials are the SDK's

  redrive [queue]   send copies of a dead-letter queue back to where they came from, exactly as they came
    queue, --code, --key, --id, --older-than, --newer-than, --endpoint, --region, --force   as above (default: all copies)
    --execute         do it; without it, print what would go
    --to QUEUE        the queue that they go to (default: the one whose dead-letter queue it is)
    --to-stream NAME  the stream that copies of its records go to
    --rate 10         copies a second
    --limit N         send so many copies at most
    --edit            open each body in $VISUAL or $EDITOR first
    --message ./message.ts#order   the definition that an edited body has to fit
    --json            print the figures as JSON, and nothing else, on standard output

  help              this text
`

/** The part of {@link usage} about one command; all of it for a word that is no command. */
export function usageOf(command: string | undefined): string {
  const names: readonly (string | undefined)[] = command === 'redrive' ? ['parked', 'redrive'] : [command]
  const sections = usage.split('\n\n').filter((section) => names.includes(section.trim().split(' ')[0]))
  return sections.length === 0 ? usage : `Usage: spillway ${sections.join('\n\n').trim()}\n`
}
