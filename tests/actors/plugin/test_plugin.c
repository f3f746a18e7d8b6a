/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects with messages and behaviours that come and go: before a system is there, and while one runs. */
#include "tests/actors/log.h"
#include "tests/actors/plugin/plugin.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct report {
	struct gate *gate;
	uint64_t answer;
	int err;
};

struct caller {
	struct report *report;
	struct gatio_address plugin;
	uint64_t number;
};

static void tell(struct caller *self, uint64_t answer, int err)
{
	self->report->answer = answer;
	self->report->err = err;
	gatio_exit(0);
	gate_open(self->report->gate);
}

static void on_answer(struct caller *self, const struct plugin_question *answer, int err)
{
	tell(self, answer ? answer->number : 0, err);
}

GATIO_ANSWER(caller, plugin_question, on_answer);

static void on_started(struct caller *self)
{
	int err = gatio_ask(self->plugin, on_answer, GATIO_SECONDS(60), plugin_question,
	                    .number = self->number);
	if (err) {
		tell(self, 0, err);
	}
}

GATIO_BEHAVIOR(caller, started(on_started));

static struct gatio_system *open_system(void)
{
	struct gatio_system *system = NULL;
	struct gatio_options options = {.driver_count = 2, .log = log_keep};
	log_clear();
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system, &options), 0);
	return system;
}

static void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(library);
	return library;
}

/* dlclose() unloads: nothing else holds it. */
static void unload(void *library, const char *path)
{
	CU_ASSERT_EQUAL(dlclose(library), 0);
	CU_ASSERT_PTR_NULL(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
}

static struct gatio_address spawn_from(void *library, struct gatio_system *system)
{
	plugin_spawn_fn spawn;
	*(void **)&spawn = dlsym(library, "plugin_spawn");
	CU_ASSERT_PTR_NOT_NULL_FATAL(spawn);
	return spawn(system);
}

static struct report ask(struct gatio_system *system, struct gatio_address plugin, uint64_t number)
{
	struct report report = {.gate = gate_create()};
	(void)gatio_system_spawn(system, GATIO_ON_DRIVER(0), caller, .report = &report,
	                         .plugin = plugin, .number = number);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	gate_destroy(report.gate);
	return report;
}

/* Until nobody is there to answer: the message that ends it may come after the first asks. */
static void end(struct gatio_system *system, struct gatio_address plugin)
{
	struct gatio_outside *outside;
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system), 0);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, plugin, plugin_question, .number = 0), 0);
	gatio_outside_close(outside);
	int err = 0;
	for (uint32_t i = 0; i < 100000 && err != -ESRCH; i++) {
		err = ask(system, plugin, 1).err;
	}
	CU_ASSERT_EQUAL(err, -ESRCH);
}

static void library_may_go_before_a_system_comes(void)
{
	unload(load(PLUGIN), PLUGIN);
	struct gatio_system *system = open_system();
	gatio_system_destroy(system);
}

static void library_may_come_before_and_go_after_a_system(void)
{
	void *library = load(PLUGIN);
	struct gatio_system *system = open_system();
	struct gatio_address plugin = spawn_from(library, system);
	CU_ASSERT_EQUAL(gatio_address_error(plugin), 0);
	CU_ASSERT_EQUAL(ask(system, plugin, 14).answer, 42);
	gatio_system_destroy(system); /* and its actors with it */
	unload(library, PLUGIN);
}

static void library_may_come_and_go_while_a_system_runs(void)
{
	struct gatio_system *system = open_system();
	uint32_t index = 0;
	for (uint32_t round = 0; round < 3; round++) {
		void *library = load(PLUGIN);
		plugin_type_fn type;
		*(void **)&type = dlsym(library, "plugin_type");
		CU_ASSERT_TRUE(type()->index > 0);
		CU_ASSERT_TRUE(index == 0 || index == type()->index); /* the same again */
		index = type()->index;
		struct gatio_address plugin = spawn_from(library, system);
		CU_ASSERT_EQUAL(gatio_address_error(plugin), 0);
		CU_ASSERT_EQUAL(ask(system, plugin, 5 + round).answer, 15 + 3 * round);
		end(system, plugin);
		unload(library, PLUGIN);
	}
	gatio_system_destroy(system);
}

static void rival_library_is_refused_with_a_sentence(void)
{
	struct gatio_system *system = open_system();
	void *library = load(RIVAL);
	CU_ASSERT_EQUAL(gatio_address_error(spawn_from(library, system)), -EEXIST);
	CU_ASSERT_TRUE(
	        log_has("rival cannot be spawned: message plugin_question is declared twice"));
	/* With another system it is the whole program that does not agree. */
	struct gatio_system *second = NULL;
	struct gatio_options options = {.driver_count = 1, .log = log_keep};
	CU_ASSERT_EQUAL(gatio_system_create(&second, &options), -EEXIST);
	unload(library, RIVAL);
	CU_ASSERT_EQUAL(gatio_system_create(&second, &options), 0);
	gatio_system_destroy(second);
	gatio_system_destroy(system);
}

/* These run in a process of their own: it has to die of it. */
static void unload_too_early(void)
{
	struct gatio_system *system = NULL;
	struct gatio_options options = {.driver_count = 1};
	void *library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
	if (library && gatio_system_create(&system, &options) == 0 &&
	    gatio_address_error(spawn_from(library, system)) == 0) {
		dlclose(library);
	}
}

struct nowhere {
	uint64_t count;
};

GATIO_DECLARE_BEHAVIOR(nowhere);

static void spawn_what_is_not_defined(void)
{
	struct gatio_system *system = NULL;
	struct gatio_options options = {.driver_count = 1};
	if (gatio_system_create(&system, &options) == 0) {
		(void)gatio_system_spawn(system, GATIO_ANYWHERE, nowhere);
	}
}

static void open_port_and_unload(void)
{
	struct gatio_system *system = NULL;
	struct gatio_options options = {.driver_count = 1};
	void *library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
	plugin_open_fn open_port;
	*(void **)&open_port = dlsym(library, "plugin_open");
	if (gatio_system_create(&system, &options) == 0 && open_port(system) == 0) {
		dlclose(library);
	}
}

static void assert_misuse(void (*misuse)(void), const char *words)
{
	int ends[2];
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		misuse();
		_exit(0);
	}
	close(ends[1]);
	char said[512] = "";
	size_t size = 0;
	ssize_t count;
	while ((count = read(ends[0], said + size, sizeof(said) - 1 - size)) > 0) {
		size += (size_t)count;
	}
	close(ends[0]);
	int status = 0;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, words));
}

static void unloading_too_early_is_named(void)
{
	assert_misuse(unload_too_early, "misuse of dlclose(): actors or a port");
	assert_misuse(open_port_and_unload, "misuse of dlclose(): actors or a port");
}

static void spawning_what_is_not_defined_is_named(void)
{
	assert_misuse(spawn_what_is_not_defined,
	              "misuse of gatio_spawn(): the behaviour is declared");
}

/* The destructors of the program run while drivers do. */
static void exit_with_living_actors_is_no_misuse(void)
{
	pid_t child = fork();
	if (child == 0) {
		struct gatio_system *system = NULL;
		struct gatio_options options = {.driver_count = 1};
		void *library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
		if (!library || gatio_system_create(&system, &options) != 0 ||
		    gatio_address_error(spawn_from(library, system)) != 0) {
			_exit(1);
		}
		exit(7);
	}
	int status = 0;
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static const CU_TestInfo tests[] = {
        {"library may go before a system comes", library_may_go_before_a_system_comes},
        {"library may come before and go after a system",
         library_may_come_before_and_go_after_a_system},
        {"library may come and go while a system runs",
         library_may_come_and_go_while_a_system_runs},
        {"rival library is refused with a sentence", rival_library_is_refused_with_a_sentence},
        {"unloading too early is named", unloading_too_early_is_named},
        {"spawning what is not defined is named", spawning_what_is_not_defined_is_named},
        {"exit with living actors is no misuse", exit_with_living_actors_is_no_misuse},
        CU_TEST_INFO_NULL,
};

static const struct suite plugin_suite = {"plugin", tests};

const struct suite *const suites[] = {&plugin_suite, NULL};
