def test_a_phase_sensitive_stack_under_a_wrong_name_goes_before_its_magnitude_twin(
    study, chosen, tmp_path
):
    made = study("siemens", seed=1)
    made.series = [each for each in made.series if each.role in ("LGE", "LGE magnitude", "T2")]
    late, edema = made.of("LGE"), made.of("T2")
    first, second = late[0].SeriesDescription, edema[0].SeriesDescription
    for headers, name in ((late, second), (edema, first)):
        for header in headers:
            header.SeriesDescription = name
    choice = chosen(made.write(tmp_path))
    assert choice.stacks["LGE"].kind == "psir"
    assert {frame.uid for frames in choice.stacks["T2"].slices for frame in frames} == {
        header.SOPInstanceUID for header in edema
    }
    assert sum("but it was made like" in flag for flag in choice.flags) == 2


def nameless_twins(made):
    made.series = [each for each in made.series if each.role in ("LGE", "LGE magnitude")]
    for role in ("LGE", "LGE magnitude"):
        for header in made.of(role):
            del header.SeriesDescription
    return made


def test_of_twins_without_a_name_the_one_with_values_below_zero_is_phase_sensitive(
    study, chosen, tmp_path
):
    made = nameless_twins(study("ge", seed=2))
    choice = chosen(made.write(tmp_path))
    assert choice.problem is None
    assert {frame.uid for frames in choice.stacks["LGE"].slices for frame in frames} == {
        header.SOPInstanceUID for header in made.of("LGE")
    }
    assert choice.stacks["LGE"].kind == "psir"
    assert any("lie on both sides of zero" in flag for flag in choice.flags)


def test_twins_whose_pixels_cannot_be_read_are_a_question(study, chosen, tmp_path):
    made = nameless_twins(study("ge", seed=2))
    for header in made.of("LGE"):
        header.PixelData = header.PixelData[:2]
    assert "have equal right to be the LGE" in chosen(made.write(tmp_path)).problem
