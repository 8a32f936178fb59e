import { test } from 'tap';
import { deletePlanState, savePlanState } from '../../commands/plan-state.ts';
import { PlanStateDeleted, PlanStateSaved } from '../../events/plan-state.ts';
import type { JsonObject, NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { maxPlanStateBytes } from '../../policies/plan-state.ts';
import { given, idOf } from '../support/given.ts';
import { projectArchived, projectCreated, projectId } from '../support/work.ts';

const place = { plan_state_id: idOf(70), project_id: projectId(), key: 'planner' };
const kept = { project_id: projectId(), key: 'planner' };
const ref = { type: 'plan_state', id: idOf(70) };
const saved = (state: JsonObject): NewEvent => record(PlanStateSaved, ref, { ...kept, state }, projectId());
const deleted = record(PlanStateDeleted, ref, kept, projectId());

test('a state is saved, replaced and deleted, and the same state again is no new version', (t) => {
  const save = (state: JsonObject) => ({ ...place, state });
  given(t, projectCreated())
    .by('orchestrator')
    .when(savePlanState, save({ wave: 1 }))
    .thenEvents(saved({ wave: 1 }));
  const history = [projectCreated(), saved({ wave: 1, done: [] })];
  given(t, ...history)
    .when(savePlanState, save({ wave: 2 }))
    .thenEvents(saved({ wave: 2 }));
  given(t, ...history)
    .when(savePlanState, save({ done: [], wave: 1 }))
    .thenEvents();
  given(t, ...history)
    .when(deletePlanState, place)
    .thenEvents(deleted);
  given(t, ...history, deleted)
    .when(savePlanState, save({ wave: 1, done: [] }))
    .thenEvents(saved({ wave: 1, done: [] }));
  t.end();
});

test('a state of 48 KiB is kept, and one byte more is refused, counted as it is stored', (t) => {
  const exact = { text: `${'ü'.repeat((maxPlanStateBytes - 12) / 2)}x` };
  t.equal(Buffer.byteLength(JSON.stringify(exact)), maxPlanStateBytes);
  given(t, projectCreated())
    .when(savePlanState, { ...place, state: exact })
    .thenEvents(saved(exact));
  given(t, projectCreated())
    .when(savePlanState, { ...place, state: { text: `${exact.text}x` } })
    .thenRefused('plan_state_too_large');
  t.end();
});

test('states are saved by those who plan, deleted by users, and only in a project that is open', (t) => {
  const state = { wave: 1 };
  given(t, projectCreated())
    .by('agent')
    .when(savePlanState, { ...place, state })
    .thenRefused('role_forbidden');
  given(t, projectCreated(), saved(state))
    .by('orchestrator')
    .when(deletePlanState, place)
    .thenRefused('role_forbidden');
  given(t, projectCreated(), projectArchived())
    .when(savePlanState, { ...place, state })
    .thenRefused('project_archived');
  given(t)
    .when(savePlanState, { ...place, state })
    .thenRefused('project_not_found');
  for (const history of [[], [saved(state), deleted]]) {
    given(t, projectCreated(), ...history)
      .when(deletePlanState, place)
      .thenRefused('plan_state_not_found');
  }
  t.end();
});
