import ts from 'typescript';
import { assign, bind, elementOf } from './assignments.ts';
import type { Callable } from './callable.ts';
import { Environment } from './environment.ts';
import { evaluate } from './expressions.ts';
import { analyse, classValue, declared, endOf } from './functions.ts';
import { assume, assumeEqual } from './guards.ts';
import { exported, imported } from './imports.ts';
import type { Flow } from './program.ts';
import { derived, join, UNKNOWN, type Value } from './value.ts';

/** Follows a statement. @returns whether what stands behind it is ever reached. */
export function execute(node: ts.Statement, flow: Flow): boolean {
  flow.program.spend();
  switch (node.kind) {
    case ts.SyntaxKind.Block: return sequence((node as ts.Block).statements, flow);
    case ts.SyntaxKind.VariableStatement: declarations((node as ts.VariableStatement).declarationList, flow); exported(node, flow); return true;
    case ts.SyntaxKind.ExpressionStatement: {
      const { expression } = node as ts.ExpressionStatement;
      evaluate(expression, flow);
      return !ends(expression);
    }
    case ts.SyntaxKind.IfStatement: return branch(node as ts.IfStatement, flow);
    case ts.SyntaxKind.ReturnStatement: return returned(node as ts.ReturnStatement, flow);
    case ts.SyntaxKind.ThrowStatement: evaluate((node as ts.ThrowStatement).expression, flow); return false;
    case ts.SyntaxKind.BreakStatement: case ts.SyntaxKind.ContinueStatement: return false;
    case ts.SyntaxKind.ForStatement: return loop(node as ts.ForStatement, flow);
    case ts.SyntaxKind.ForOfStatement: case ts.SyntaxKind.ForInStatement: return each(node as ts.ForOfStatement | ts.ForInStatement, flow);
    case ts.SyntaxKind.WhileStatement: case ts.SyntaxKind.DoStatement: {
      const { expression, statement } = node as ts.WhileStatement;
      evaluate(expression, flow);
      repeat(flow, (way) => {
        if (ts.isWhileStatement(node)) assume(expression, true, way);
        execute(statement, way);
        evaluate(expression, way);
      });
      if (!/\bbreak\b/.test(flow.module.text(statement))) assume(expression, false, flow);
      return true;
    }
    case ts.SyntaxKind.SwitchStatement: return choice(node as ts.SwitchStatement, flow);
    case ts.SyntaxKind.TryStatement: return attempt(node as ts.TryStatement, flow);
    case ts.SyntaxKind.LabeledStatement: execute((node as ts.LabeledStatement).statement, flow); return true;
    case ts.SyntaxKind.FunctionDeclaration: return true;
    case ts.SyntaxKind.ClassDeclaration: {
      const { name } = node as ts.ClassDeclaration;
      const value = classValue(node as ts.ClassDeclaration, flow);
      if (name) bind(name, value, node, flow);
      exported(node, flow, value);
      return true;
    }
    case ts.SyntaxKind.ImportDeclaration: case ts.SyntaxKind.ImportEqualsDeclaration: imported(node as ts.ImportDeclaration, flow); return true;
    case ts.SyntaxKind.ExportDeclaration: case ts.SyntaxKind.ExportAssignment: exported(node, flow); return true;
    case ts.SyntaxKind.ModuleDeclaration: {
      const { body } = node as ts.ModuleDeclaration;
      return body && ts.isModuleBlock(body) ? sequence(body.statements, flow) : true;
    }
    default: return true;
  }
}

/** Statements one behind the other; functions that are declared among them are there from the start. */
export function sequence(statements: readonly ts.Statement[], flow: Flow): boolean {
  const functions: Callable[] = [];
  for (const statement of statements) {
    if (!ts.isFunctionDeclaration(statement) || !statement.body) continue;
    const callable = declared(statement, flow);
    const value: Value = { taints: [], callables: [callable] };
    callable.scope = undefined;
    functions.push(callable);
    if (statement.name) bind(statement.name, value, statement, flow);
    exported(statement, flow, value);
  }
  let isReached = true;
  for (const statement of statements) {
    if (!execute(statement, flow)) {
      isReached = false;
      break;
    }
  }
  for (const callable of functions) {
    if (callable.round !== flow.program.round && !callable.isUnderWay) analyse(callable, undefined, flow);
  }
  return isReached;
}

function declarations(list: ts.VariableDeclarationList, flow: Flow): void {
  for (const { name, initializer } of list.declarations) {
    // What has no value yet gets it where it is assigned, maybe by a function that is called in between.
    if (initializer) bind(name, evaluate(initializer, flow), list, flow);
  }
}

function ends(expression: ts.Expression): boolean {
  return ts.isCallExpression(expression) && /^process\.(exit|abort)$/.test(expression.expression.getText());
}

function branch(node: ts.IfStatement, flow: Flow): boolean {
  evaluate(node.expression, flow);
  const [yes, no] = [{ ...flow, env: new Environment(flow.env) }, { ...flow, env: new Environment(flow.env) }];
  assume(node.expression, true, yes);
  assume(node.expression, false, no);
  const yesEnds = execute(node.thenStatement, yes);
  const noEnds = node.elseStatement ? execute(node.elseStatement, no) : true;
  flow.env.merge([yesEnds ? yes.env : undefined, noEnds ? no.env : undefined]);
  return yesEnds || noEnds;
}

function returned({ expression }: ts.ReturnStatement, flow: Flow): boolean {
  const value = expression ? evaluate(expression, flow) : UNKNOWN;
  if (!flow.ends) return false;
  flow.ends.returned = join(flow.ends.returned, value);
  flow.ends.open.push(endOf(flow, expression));
  return false;
}

/** Twice, so that what one round leaves is met by the next. */
function repeat(flow: Flow, body: (way: Flow) => void): void {
  for (let round = 0; round < 2; round += 1) {
    const way = { ...flow, env: new Environment(flow.env) };
    body(way);
    flow.env.merge([way.env, new Environment(flow.env)]);
  }
}

function loop(node: ts.ForStatement, flow: Flow): boolean {
  if (node.initializer) {
    if (ts.isVariableDeclarationList(node.initializer)) declarations(node.initializer, flow);
    else evaluate(node.initializer, flow);
  }
  repeat(flow, (way) => {
    if (node.condition) {
      evaluate(node.condition, way);
      assume(node.condition, true, way);
    }
    execute(node.statement, way);
    if (node.incrementor) evaluate(node.incrementor, way);
  });
  return true;
}

function each(node: ts.ForOfStatement | ts.ForInStatement, flow: Flow): boolean {
  const value = evaluate(node.expression, flow);
  const item = ts.isForOfStatement(node) ? elementOf(value, node, flow) : derived(value);
  repeat(flow, (way) => {
    if (ts.isVariableDeclarationList(node.initializer)) {
      for (const { name } of node.initializer.declarations) bind(name, item, node, way);
    } else assign(node.initializer, item, node, way);
    execute(node.statement, way);
  });
  return true;
}

function choice(node: ts.SwitchStatement, flow: Flow): boolean {
  evaluate(node.expression, flow);
  const ways: Environment[] = [new Environment(flow.env)];
  for (const clause of node.caseBlock.clauses) {
    const way = { ...flow, env: new Environment(flow.env) };
    if (ts.isCaseClause(clause)) assumeEqual(node.expression, clause.expression, way);
    sequence(clause.statements, way);
    ways.push(way.env);
  }
  flow.env.merge(ways);
  return true;
}

function attempt(node: ts.TryStatement, flow: Flow): boolean {
  const tried = { ...flow, env: new Environment(flow.env) };
  const isReached = execute(node.tryBlock, tried);
  let isCaught = false;
  if (node.catchClause) {
    const caught = { ...flow, env: new Environment(flow.env) };
    caught.env.merge([tried.env, new Environment(flow.env)]);
    isCaught = execute(node.catchClause.block, caught);
    flow.env.merge([isReached ? tried.env : undefined, isCaught ? caught.env : undefined]);
  } else flow.env.merge([tried.env]);
  const isDone = node.finallyBlock ? execute(node.finallyBlock, flow) : true;
  return (isReached || isCaught) && isDone;
}
