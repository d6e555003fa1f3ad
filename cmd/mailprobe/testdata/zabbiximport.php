<?php
// Reads a file of templates as the import of Zabbix does: its reader, its validator and its
// parser of expressions. Usage: zabbiximport.php FRONTEND FILE
chdir($argv[1]);
function _($text) { return $text; }
function _s($text, ...$args) { foreach ($args as $i => $a) { $text = str_replace('%'.($i + 1).'$s', $a, $text); } return $text; }
function _n($one, $many, $n) { return $n == 1 ? $one : $many; }
require 'include/defines.inc.php';
require 'vendor/autoload.php';
$classes = [];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator('include/classes', FilesystemIterator::SKIP_DOTS | FilesystemIterator::FOLLOW_SYMLINKS)) as $file) {
	$classes[basename($file, '.php')] = (string) $file;
}
spl_autoload_register(function ($class) use ($classes) { if (isset($classes[$class])) { require $classes[$class]; } });

$reader = CImportReaderFactory::getReader('yaml');
$data = $reader->read(file_get_contents($argv[2]));
$validator = new CXmlValidator(new CImportValidatorFactory('yaml'), 'yaml');
$data = $validator->setStrict(true)->setPreview(true)->validate($data, '/');
$expressions = 0;
foreach ($data['zabbix_export']['templates'] as $template) {
	foreach ($template['items'] as $item) {
		$keys = new CItemKey();
		if ($keys->parse($item['key']) != CParser::PARSE_SUCCESS) { echo $item['key'], ': ', $keys->getError(), "\n"; exit(1); }
		foreach ($item['triggers'] ?? [] as $trigger) {
			$parser = new CExpressionParser(['usermacros' => true, 'host_macro' => ['{HOST.HOST}']]);
			if ($parser->parse($trigger['expression']) != CParser::PARSE_SUCCESS) { echo $trigger['expression'], ': ', $parser->getError(), "\n"; exit(1); }
			$expressions++;
		}
	}
}
echo count($data['zabbix_export']['templates']), " templates, $expressions triggers\n";
