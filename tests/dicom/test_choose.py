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
