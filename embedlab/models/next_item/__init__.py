"""The next item of a sequence, predicted in Keras from the last item and the mean of the history."""
