// How the following stands: connected or not, how far it is, and the pause.
import { Badge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { CopyButton } from '../part/copy.tsx';
import type { EventWindow, Shown } from './event-window.ts';
import type { Standing } from './follower.ts';

type Kind = Parameters<typeof Badge>[0]['kind'];

const words: Readonly<Record<Standing['is'], readonly [kind: Kind, word: string, text: string]>> = {
  connecting: ['still', 'connecting', 'Opening the stream …'],
  behind: ['info', 'catching up', 'Reading what happened before …'],
  live: ['ok', 'live', 'Events come as they are committed.'],
  polling: ['info', 'by long poll', 'No WebSocket opens here, so the log is asked again and again.'],
  lost: ['warn', 'disconnected', 'No answer. What is shown may be old.'],
  ended: ['still', 'ended', 'Your session is over.'],
  refused: ['bad', 'refused', 'The server does not follow the log so.'],
};

export function FollowBar({ eventWindow, shown }: { readonly eventWindow: EventWindow; readonly shown: Shown }) {
  const { standing, paused, waiting, position, lag, cursor } = shown;
  const [kind, word, text] = words[standing.is];
  return (
    <div className="follow-bar">
      <div className="line" role="status">
        <Badge kind={kind} word={word} />
        {paused ? <Badge kind="warn" word="paused" /> : null}
        <span className="soft">{paused && standing.is === 'live' ? 'What comes waits until you resume.' : text}</span>
      </div>
      <dl className="line counts">
        <div>
          <dt>Position</dt>
          <dd>{position === 0 ? '–' : position.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>Lag</dt>
          <dd>{lag === null ? '–' : lag.toLocaleString('en')}</dd>
        </div>
      </dl>
      <div className="line">
        {standing.is === 'lost' ? (
          <Button small onPress={() => eventWindow.hurry()}>
            Try now
          </Button>
        ) : null}
        {cursor === null ? null : <CopyButton small text={cursor} name="cursor" word="Copy cursor" />}
        <Button
          small
          kind={paused ? 'main' : 'plain'}
          onPress={() => (paused ? eventWindow.resume() : eventWindow.pause())}
        >
          {paused ? `Resume · ${waiting.toLocaleString('en')} waiting` : 'Pause'}
        </Button>
      </div>
    </div>
  );
}
