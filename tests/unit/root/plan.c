/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plan: what is refused, and what is found in it.
 */
#include <stdlib.h>
#include <string.h>

#include "fake.h"

static struct plan_header *plan;
static uint64_t size;

static int fresh(void **state)
{
    plan = fake_plan(&size);
    *state = plan;
    return 0;
}

static const char *open_plan(void)
{
    struct plan_view view;

    return plan_view_open(&view, plan, size);
}

static struct plan_component *component(uint32_t number)
{
    return (struct plan_component *)((char *)plan + plan->components.offset) + number;
}

static void *record(struct plan_table where)
{
    return (char *)plan + where.offset;
}

static void is_accepted_as_it_is(void **state)
{
    (void)state;
    assert_null(open_plan());
}

static void refuses_headers(void **state)
{
    (void)state;
    size = 8;
    assert_string_equal(open_plan(), "there is no plan at its address");
    size = 1 << 16;
    plan->magic++;
    assert_string_equal(open_plan(), "there is no plan at its address");
    plan->magic--;
    plan->version++;
    assert_string_equal(open_plan(), "the plan is of another version");
}

static void refuses_tables_outside(void **state)
{
    struct plan_table *const tables[] = {&plan->components, &plan->segments, &plan->objects, &plan->capabilities,
                                         &plan->mappings,   &plan->symbols,  &plan->strings};

    (void)state;
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct plan_table good = *tables[i];

        tables[i]->offset = (uint32_t)size + 8;
        assert_string_equal(open_plan(), "a table of the plan is outside it");
        *tables[i] = good;
        tables[i]->count = UINT32_MAX;
        assert_string_equal(open_plan(), "a table of the plan is outside it");
        *tables[i] = good;
        tables[i]->offset++;
        assert_string_equal(open_plan(), "a table of the plan is outside it");
        *tables[i] = good;
    }
    assert_null(open_plan());
}

static void refuses_too_many(void **state)
{
    (void)state;
    plan->components.offset = 0;
    plan->components.count = ROOT_COMPONENTS_MAX + 1;
    assert_string_equal(open_plan(), "the plan has more components or objects than root can keep");
}

static void refuses_names_without_end(void **state)
{
    (void)state;
    plan->strings.count -= 2;
    assert_string_equal(open_plan(), "the plan's names do not end");
}

static void refuses_components(void **state)
{
    (void)state;
    component(1)->segment_count = 4;
    assert_string_equal(open_plan(), "a component's segments are outside the table");
    component(1)->segment_count = 3;
    component(1)->code_offset = size - 4096;
    assert_string_equal(open_plan(), "a component's code is outside the plan");
    component(1)->code_offset = 0;
    component(1)->first_symbol = 4;
    assert_string_equal(open_plan(), "a component's symbols are outside the table");
    component(1)->first_symbol = 0;
    component(1)->thread = O_COUNT;
    assert_string_equal(open_plan(), "a component's own objects are outside the table");
    component(1)->thread = PLAN_NONE;
    assert_string_equal(open_plan(), "a component's own objects are outside the table");
    component(1)->thread = O_CLIENT_THREAD;
    component(1)->restart_flag = 64;
    assert_string_equal(open_plan(), "a component's restart flag is above 63");
}

static void refuses_records(void **state)
{
    struct plan_segment *segment = record(plan->segments);
    struct plan_object *object = record(plan->objects);
    struct plan_capability *capability = record(plan->capabilities);
    struct plan_mapping *mapping = record(plan->mappings);

    (void)state;
    mapping->object = O_COUNT;
    assert_string_equal(open_plan(), "a mapping names no component or no object");
    capability->component = 2;
    assert_string_equal(open_plan(), "a capability names no component or no object");
    object->owner = 2;
    assert_string_equal(open_plan(), "an object's owner is no component");
    segment->file_size = segment->memory_size + 1;
    assert_string_equal(open_plan(), "a segment is outside the plan");
    segment->offset = size + 1;
    assert_string_equal(open_plan(), "a segment is outside the plan");
}

static void finds_symbols(void **state)
{
    struct plan_view view;
    uint64_t offset = 0;

    (void)state;
    assert_null(plan_view_open(&view, plan, size));
    assert_null(plan_symbol(&view, 0, 0x3fffff, &offset));
    assert_string_equal(plan_symbol(&view, 0, 0x400000, &offset), "_start");
    assert_string_equal(plan_symbol(&view, 0, 0x40005c, &offset), "main");
    assert_int_equal(offset, 0x3c);
    assert_null(plan_symbol(&view, 0, 0x400060, &offset)); /* behind main, before leaf */
    assert_string_equal(plan_symbol(&view, 0, 0x40010f, &offset), "leaf");
    assert_null(plan_symbol(&view, 0, UINT64_MAX, &offset));
    assert_string_equal(plan_string(&view, 1000), "?");
}

static void knows_peers(void **state)
{
    struct plan_view view;
    struct plan_capability *capability = record(plan->capabilities);
    struct plan_mapping *mapping = record(plan->mappings);

    (void)state;
    assert_null(plan_view_open(&view, plan, size));
    assert_true(plan_are_peers(&view, SERVER, CLIENT));
    assert_true(plan_are_peers(&view, CLIENT, SERVER));
    capability[2].object = O_SERVER_THREAD; /* only memory joins them now */
    assert_true(plan_are_peers(&view, SERVER, CLIENT));
    mapping[1].component = SERVER;
    assert_true(plan_are_peers(&view, SERVER, CLIENT)); /* and memory of the client's own */
    mapping[3].component = CLIENT; /* and now nothing: root's portal and being looked at do not count */
    assert_false(plan_are_peers(&view, SERVER, CLIENT));
    assert_false(plan_are_peers(&view, CLIENT, SERVER));
}

int test_plan(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_accepted_as_it_is, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_headers, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_tables_outside, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_too_many, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_names_without_end, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_components, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(refuses_records, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(finds_symbols, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(knows_peers, fresh, fake_teardown),
    };

    return cmocka_run_group_tests_name("root: plan", tests, NULL, NULL);
}
