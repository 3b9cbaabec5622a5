// Runs the packs AwsSolutions and Serverless of cdk-nag over synthesised templates.
//   node nag.js MODULES SUPPRESSIONS TEMPLATE...
// MODULES is the folder of what package.json asks for. A finding without a suppression fails, and so does a
// suppression that nothing needs any more.
'use strict';
const fs = require('fs');
const path = require('path');

const [modules, suppressions, ...templates] = process.argv.slice(2);
const load = require('module').createRequire(path.join(path.resolve(modules), 'package.json'));
const { App, BootstraplessSynthesizer, Stack } = load('aws-cdk-lib');
const { CfnInclude } = load('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks, ServerlessChecks } = load('cdk-nag');

const excuses = JSON.parse(fs.readFileSync(suppressions, 'utf8')).filter((s) => s.tool === 'cdk-nag');
const used = new Set();
let failed = 0;

for (const file of templates) {
  const stack = new Stack(new App(), path.basename(file).split('.')[0], {
    synthesizer: new BootstraplessSynthesizer(), // the template has its own parameter of the bootstrap's version
  });
  new CfnInclude(stack, 'T', { templateFile: file });
  for (const pack of [new AwsSolutionsChecks(), new ServerlessChecks()]) {
    for (const finding of pack.validateScope(stack).violations) {
      for (const resource of finding.violatingResources) {
        const id = resource.constructPath.split('/').pop();
        const excuse = excuses.findIndex((s) => new RegExp(`^(${s.rule})$`).test(finding.ruleName) &&
          new RegExp(s.resource).test(id));
        if (excuse >= 0) {
          used.add(excuse);
          continue;
        }
        failed++;
        console.log(`${path.basename(file)}: ${id}: ${finding.ruleName}: ${finding.description}`);
      }
    }
  }
}
excuses.forEach((s, i) => {
  if (!used.has(i)) {
    failed++;
    console.log(`${suppressions}: nothing needs ${s.rule} on ${s.resource}`);
  }
});
console.log(`cdk-nag: ${failed} findings without a reason, ${used.size} suppressions with one`);
process.exitCode = failed ? 1 : 0;
