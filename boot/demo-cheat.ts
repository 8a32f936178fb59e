// Attempts to cheat: each has to be refused with the code that is told, or the demo fails.
import { done, type Heard, type Say } from './demo-client.ts';

export type Tell = (line: string) => void;

interface Problem {
  readonly code: string;
  readonly detail: string;
}

export class Cheats {
  private readonly say: Say;
  private readonly tell: Tell;
  private refused = 0;

  constructor(say: Say, tell: Tell) {
    this.say = say;
    this.tell = tell;
  }

  get count(): number {
    return this.refused;
  }

  async attempt(how: string, code: string, attempt: Promise<Heard>): Promise<void> {
    const { status, text } = await attempt;
    const problem = JSON.parse(text) as Partial<Problem>;
    if (status < 400 || problem.code !== code) {
      throw new Error(`"${how}" should be refused with ${code}, and was answered with ${status} ${text}`);
    }
    this.refused += 1;
    const { remedy } = await done<{ readonly remedy: string }>(this.say('GET', `/errors/${code}`));
    this.tell(`  ✗ ${how}\n      ${status} ${code}: ${problem.detail}\n      Lesson: ${remedy}`);
  }
}
