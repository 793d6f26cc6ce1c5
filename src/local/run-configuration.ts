/** A shell script of JetBrains' editors that is shared by the project: one file for each below `.run`. */
export function runConfiguration(name: string, command: string): string {
  const options: readonly (readonly [name: string, value: string])[] = [
    ['SCRIPT_TEXT', command],
    ['INDEPENDENT_SCRIPT_PATH', 'true'], ['SCRIPT_PATH', ''], ['SCRIPT_OPTIONS', ''],
    ['INDEPENDENT_SCRIPT_WORKING_DIRECTORY', 'true'], ['SCRIPT_WORKING_DIRECTORY', '$PROJECT_DIR$'],
    ['INDEPENDENT_INTERPRETER_PATH', 'true'], ['INTERPRETER_PATH', ''], ['INTERPRETER_OPTIONS', ''],
    ['EXECUTE_IN_TERMINAL', 'false'], ['EXECUTE_SCRIPT_FILE', 'false'],
  ];
  return [
    '<component name="ProjectRunConfigurationManager">',
    `  <configuration default="false" name="${escaped(name)}" type="ShConfigurationType">`,
    ...options.map(([option, value]) => `    <option name="${option}" value="${escaped(value)}" />`),
    '    <envs />',
    '    <method v="2" />',
    '  </configuration>',
    '</component>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
