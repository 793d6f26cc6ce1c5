/**
 * Deliberate mistakes, as data: each is one change of the text of one file. The model has to notice every one of them.
 * `find` stands exactly once in its file; where that no longer holds, the mistake has to be written anew.
 */
export interface Mutant { readonly name: string; readonly file: string; readonly find: string; readonly replace: string }

const mutant = (file: string, name: string, find: string, replace: string): Mutant => ({ name, file: `src/${file}.ts`, find, replace });

export const mutants: readonly Mutant[] = [
  // The fold
  mutant('core/evolve', 'a lock is never given back', 'leave(state.stages[event.stage], run.id);', ''),
  mutant('core/evolve', 'fences do not rise', 'stage.fence = fence;', ''),
  mutant('core/evolve', 'nobody remembers who was admitted', 'stage.lastAdmitted = Math.max(stage.lastAdmitted, run.sequence)', 'void 0'),
  mutant('core/retried', 'an approval survives a retry', 'approval: _approval, ', ''),
  mutant('core/retried', 'a retry forgets the stages that passed', "if (stage.state === 'passed') return [[plan.name, stage]];", "if (stage.state === 'passed') return [];"),
  mutant('core/retried', 'a stop survives a retry', 'cancel: _cancel, ', ''),
  mutant('core/evolve', 'a run that ends keeps its place', 'state.unfinished.delete(run.id);\n    release(state, run.id);', 'state.unfinished.delete(run.id);'),
  mutant('core/evolve', 'a second approver is forgotten', 'given: [...', 'given: [event] || [...'),
  // The rollout
  mutant('rollout/machine', 'a bake skips the steps that are left', 'at.step === stepsOf(state, region).length - 1;', 'at.step >= 0;'),
  mutant('rollout/machine', 'alarms are not heard once all is shifted', "return isForward(state) || state.phase === 'deployed' ? back", 'return isForward(state) ? back'),
  mutant('rollout/machine', 'all waves begin at once', " && wave.regions.includes(region) ? { ...at, phase: 'preparing' }", " ? { ...at, phase: 'preparing' }"),
  mutant('rollout/machine', 'a shift that was cut short is not put back', ".filter((region) => progressOf(state, region)?.phase !== 'waiting')", '.filter((region) => (progressOf(state, region)?.weight ?? 0) > 0)'),
  mutant('rollout/machine', 'nobody watches what is through', "at?.phase === 'shifting' || at?.phase === 'done' ? [{ type: 'watch', region }]", "at?.phase === 'shifting' ? [{ type: 'watch', region }]"),
  mutant('rollout/machine', 'one settled region is enough', "regionsOf(next).every((each) => progressOf(next, each)?.phase === 'settled')", "regionsOf(next).some((each) => progressOf(next, each)?.phase === 'settled')"),
  mutant('rollout/machine', 'a step counts as baked before it is shifted', "forward(state, fact.region, ['preparing']", "forward(state, fact.region, ['preparing', 'shifting']"),
  mutant('rollout/order', 'the failing region goes back last', 'warm.filter(({ failing }) => failing),\n    warm.filter(({ failing }) => !failing),', 'warm.filter(({ failing }) => !failing),\n    warm.filter(({ failing }) => failing),'),
  // Admission
  mutant('core/admission', 'two are inside', 'if (shared.holder === undefined && next(', 'if (next('),
  mutant('core/admission', 'a rollback waits its turn', "const first = candidates.find(({ kind }) => kind === 'ROLLBACK');", 'const first = undefined as Run | undefined;'),
  mutant('core/admission', 'a rollback does not make room', "if (run.kind !== 'ROLLBACK' || !holder", "if (run.kind === 'ROLLBACK' || !holder"),
  mutant('core/admission', 'an older run turns out a newer one that waits', "(plan.mode === 'superseded' ? shared.waiting : [])", '[]'),
  mutant('core/admission', 'the last to come is the first to enter', 'return shared.waiting[0] ?? run.id;', 'return shared.waiting.at(-1) ?? run.id;'),
  mutant('core/admission', 'a rollback is superseded', "if (run.kind === 'ROLLBACK') return undefined;", ''),
  // The trunk
  mutant('core/trunk-fold', 'what left the trunk still counts as let in', 'return commit === undefined || (!commit.orphaned && commit.place === sequence);', 'return true;'),
  mutant('core/trunk-fold', 'what comes back keeps the runs of before', '...(known ? { returnedAt: at } : {}),', '...(known ? { returnedAt: at } : {}), ...(known?.hasRun ? { hasRun: true } : {}),'),
  mutant('core/trunk-fold', 'a head that was taken along stays taken along', 'if (head && isCarriedByNobody(state, head))', 'if (head && !head)'),
  mutant('core/facts', 'what left the trunk goes on', '!gone.has(run.commit) ||', 'gone.has(run.commit) ||'),
  mutant('core/facts', 'what comes back is not seen', ".get(id)?.orphaned !== false)", ".has(id) === false)"),
  mutant('core/due', 'a reset to before all leaves the head without a run', ' || id === state.trunk.head', ''),
  mutant('core/commands', 'an older run of a commit is tried again', 'if (last && last.id !== run.id) {', 'if (last && !last) {'),
  // What is owed
  mutant('core/owed', 'a stage that can not pass works on', 'if (stopOf(run, stage)) return steps;', ''),
  mutant('core/owed', 'an approval is never signed', 'isApproved(run) && !isApprovalAttested(run) && plan.name', 'isApproved(run) && isApprovalAttested(run) && plan.name'),
  mutant('core/owed', 'nobody wakes for the next try', "is === 'retrying' && retryAt !== undefined ? [retryAt]", "is === 'retrying' && retryAt === undefined ? [retryAt]"),
  mutant('core/owed', 'nobody wakes when the time to approve is over', '? [run.approval.requested.expiresAt] : []', '? [] : []'),
  // What follows, and what is decided
  mutant('core/stage', 'a stage passes unsigned', 'if (isAttestable(run, plan) && !isAttested(run, plan)) return [];', ''),
  mutant('core/stage', 'an action does not wait for what it needs', "if (!action.needs.every((need) => stage.actions[need]?.state === 'passed')) return [];", ''),
  mutant('core/stage', 'a release is settled before it was accepted', "if (stage.rollout && stage.rollout.state.phase !== 'settled') return [];", ''),
  mutant('core/stage', 'an approval never runs out', 'if (now >= approval.requested.expiresAt) return failed', 'if (now < 0) return failed'),
  mutant('core/facts', 'an attempt of before ends the one of now', "known?.state !== 'running' || known.attempt !== fact.attempt", "known?.state !== 'running'"),
  mutant('core/facts', 'a host that ended took nothing along', "if (known?.state !== 'running' || action.kind === 'approval' || action.kind === 'rollout') return [];", 'return [];'),
  mutant('core/commands', 'a run is tried for ever', 'const MOST_ATTEMPTS = 3;', 'const MOST_ATTEMPTS = 9;'),
  mutant('core/approving', 'an approval is good after its time', 'if (now >= requested.expiresAt) throw', 'if (now < 0) throw'),
  mutant('core/approving', 'one person is two', "(other.by === by || other.user === user)", 'false'),
  // The journal
  mutant('journal/sqlite/journal', 'a torn write is taken for a whole one', 'begin.run();', ''),
  mutant('journal/sqlite/journal', 'a sync that failed is ignored', "if (db.isTransaction) db.exec('ROLLBACK');\n      throw thrown;", "if (db.isTransaction) db.exec('ROLLBACK');\n      last = { seq: after + bodies.length, chain: 'lost' };"),
  mutant('journal/sqlite/journal', 'a conflict is not noticed', 'if (last.seq !== after) throw journalConflict(after, last.seq);', ''),
  mutant('journal/sqlite/journal', 'a tail that was cut off is not missed', 'if (signed && signed.seq > previous.seq) throw', 'if (signed && signed.seq < 0) throw'),
  mutant('journal/sqlite/journal', 'a row that can not be read is left out', 'const event = eventOf(row, previous, path);', 'let event: Recorded; try { event = eventOf(row, previous, path); } catch { previous = { seq: row.seq, chain: row.chain }; continue; }'),
  mutant('journal/sqlite/rows', 'a row is believed that was changed', 'if (row.chain !== chainOf(previous.chain, row.seq, row.body)) throw', 'if (row.chain === chainOf(previous.chain, row.seq, row.body) + 1) throw'),
];
